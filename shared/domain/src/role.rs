//! Who may do what (MEM-12).
//!
//! Roles come from the identity provider. Each may do what the one below it may. What else a person needs, such as an
//! association with the channel, is looked at beside it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What somebody is in the organisation, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Reads and answers conversations.
    Operator,
    /// Also looks after channels, departments and people.
    Administrator,
    /// Also decides over what cannot be taken back.
    Owner,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Administrator, Self::Owner];

    /// Its stable public id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// Whether it is enough for `act`.
    pub fn may(self, act: Act) -> bool {
        act.least() <= self
    }
}

/// What the identity provider calls the groups whose members have a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// Members are operators.
    pub operators: String,
    /// Members are administrators.
    pub administrators: String,
    /// Members are owners.
    pub owners: String,
}

impl Groups {
    /// The highest role among `names`, compared as a whole; `None` for somebody who has none and may do nothing.
    pub fn role<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Option<Role> {
        names.into_iter().filter_map(|name| Role::ALL.into_iter().find(|role| self.of(*role) == name)).max()
    }

    fn of(&self, role: Role) -> &str {
        match role {
            Role::Operator => &self.operators,
            Role::Administrator => &self.administrators,
            Role::Owner => &self.owners,
        }
    }
}

/// Those of the stack's own user pool.
impl Default for Groups {
    fn default() -> Self {
        let [operators, administrators, owners] =
            ["operators", "administrators", "owners"].map(str::to_owned);
        Self { operators, administrators, owners }
    }
}

/// Where a token tells which groups its person is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupsClaim {
    /// The claim.
    pub name: String,
    /// The groups that give a role.
    pub groups: Groups,
}

/// Cognito's.
impl Default for GroupsClaim {
    fn default() -> Self {
        Self { name: "cognito:groups".to_owned(), groups: Groups::default() }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = NoRole;
    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(NoRole)
    }
}

/// Text that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of operator, administrator, owner")]
pub struct NoRole;

/// What a machine may, as its token tells it (OPS-1). No scope lets a machine enter credentials or speak as a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read conversations with their messages and files.
    ReadConversations,
    /// Answer, close and reopen conversations.
    WriteMessages,
    /// See channels, brands and departments.
    ReadSettings,
    /// Change channels, brands, departments and webhooks, and play quarantined events again.
    WriteSettings,
    /// Search and export the audit log.
    ReadAudit,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [
        Self::ReadConversations,
        Self::WriteMessages,
        Self::ReadSettings,
        Self::WriteSettings,
        Self::ReadAudit,
    ];

    /// Its stable name; at Cognito behind that of the resource server, `madoguchi/`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadConversations => "conversations:read",
            Self::WriteMessages => "messages:write",
            Self::ReadSettings => "settings:read",
            Self::WriteSettings => "settings:write",
            Self::ReadAudit => "audit:read",
        }
    }

    /// The scope that `act` takes; `None` for what only people do.
    pub const fn of(act: Act) -> Option<Self> {
        match act {
            Act::Read => Some(Self::ReadConversations),
            Act::Answer => Some(Self::WriteMessages),
            Act::SeeOrganisation => Some(Self::ReadSettings),
            Act::Administrate | Act::Replay => Some(Self::WriteSettings),
            Act::Audit => Some(Self::ReadAudit),
            Act::ChangeOneself | Act::Authorize => None,
        }
    }
}

/// The scopes of one token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Those among `names` that are ours; of `https://api.example/settings:read` or `madoguchi/settings:read` the end counts.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let end = |name: &'a str| name.rsplit('/').next().unwrap_or(name);
        let known = |name: &'a str| Scope::ALL.into_iter().find(|scope| scope.as_str() == end(name));
        Self(names.into_iter().filter_map(known).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they allow `act`.
    pub fn may(&self, act: Act) -> bool {
        Scope::of(act).is_some_and(|scope| self.0.contains(&scope))
    }
}

/// What a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Read conversations with their messages and files.
    Read,
    /// Answer, close and reopen conversations.
    Answer,
    /// Say how customers see oneself.
    ChangeOneself,
    /// See channels, brands and departments.
    SeeOrganisation,
    /// Change channels, brands, departments and associations (CHN-24).
    Administrate,
    /// Enter credentials.
    Authorize,
    /// See what was quarantined, and play it again.
    Replay,
    /// Search and export the audit log.
    Audit,
}

impl Act {
    /// Every act, for tables and tests.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Answer,
        Self::ChangeOneself,
        Self::SeeOrganisation,
        Self::Administrate,
        Self::Authorize,
        Self::Replay,
        Self::Audit,
    ];

    /// The least role that may.
    pub const fn least(self) -> Role {
        match self {
            Self::Read | Self::Answer | Self::ChangeOneself | Self::SeeOrganisation => Role::Operator,
            Self::Administrate | Self::Authorize | Self::Replay | Self::Audit => Role::Administrator,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mem_12_what_each_role_may() {
        let rows = [
            (Act::Read, [true, true, true]),
            (Act::Answer, [true, true, true]),
            (Act::ChangeOneself, [true, true, true]),
            (Act::SeeOrganisation, [true, true, true]),
            (Act::Administrate, [false, true, true]),
            (Act::Authorize, [false, true, true]),
            (Act::Replay, [false, true, true]),
            (Act::Audit, [false, true, true]),
        ];
        assert_eq!(rows.map(|(act, _)| act), Act::ALL);
        for (act, expected) in rows {
            assert_eq!(Role::ALL.map(|role| role.may(act)), expected, "{act:?}");
        }
    }

    #[test]
    fn mem_12_the_highest_group_counts_and_no_group_is_no_role() {
        for (groups, expected) in [
            (&[][..], None),
            (&["everybody"], None),
            (&["Operators"], None),
            (&["operator"], None),
            (&["operators"], Some(Role::Operator)),
            (&["operators", "administrators"], Some(Role::Administrator)),
            (&["owners", "operators"], Some(Role::Owner)),
        ] {
            assert_eq!(Groups::default().role(groups.iter().copied()), expected, "{groups:?}");
        }
        let named = Groups { owners: "madoguchi-owners".to_owned(), ..Groups::default() };
        assert_eq!(named.role(["owners", "operators"]), Some(Role::Operator));
        assert_eq!(named.role(["madoguchi-owners"]), Some(Role::Owner));
    }

    #[test]
    fn ops_1_what_each_scope_allows() {
        let rows = [
            ("conversations:read", &[Act::Read][..]),
            ("messages:write", &[Act::Answer]),
            ("settings:read", &[Act::SeeOrganisation]),
            ("settings:write", &[Act::Administrate, Act::Replay]),
            ("audit:read", &[Act::Audit]),
            ("conversations", &[]),
            ("openid", &[]),
        ];
        for (name, expected) in rows {
            for spelled in
                [name.to_owned(), format!("madoguchi/{name}"), format!("https://api.example/{name}")]
            {
                let scopes = Scopes::named([spelled.as_str()]);
                let allowed: Vec<_> = Act::ALL.into_iter().filter(|act| scopes.may(*act)).collect();
                assert_eq!(allowed, expected, "{spelled}");
                assert_eq!(scopes.is_empty(), expected.is_empty(), "{spelled}");
            }
        }
        let all = Scopes::named(Scope::ALL.map(Scope::as_str));
        for act in [Act::ChangeOneself, Act::Authorize] {
            assert!(!all.may(act), "{act:?} is for people");
        }
    }

    #[test]
    fn roles_are_read_as_they_are_written() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.as_str());
        }
        assert_eq!("Owner".parse::<Role>(), Err(NoRole));
    }
}
