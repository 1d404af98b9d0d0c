//! As whom a reply goes out (SND-1).

use madoguchi_domain::sender::{Profile, SenderMode, Writer};
use madoguchi_store::{Saved, StoreError};

use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::{Api, ApiError};

/// Who writes: as was `chosen` for this reply, else as the operator chose last. What is remembered is read through a
/// cache, so that a reply costs no read of it.
pub(super) async fn writer(
    api: &Api,
    operator: &Operator,
    chosen: Option<SenderMode>,
) -> Result<Writer, ApiError> {
    if operator.is_machine() {
        // It has no name that customers could be shown.
        return match chosen {
            None | Some(SenderMode::Account) => Ok(operator.id.clone().into()),
            Some(_) => Err(ApiError::PersonNeeded),
        };
    }
    let kept = api.senders.profile(&operator.id, api.clock.now()).await?;
    let profile = current(kept, operator);
    Writer::new(&profile, chosen.unwrap_or(profile.mode)).map_err(ApiError::SenderName)
}

/// Remembers what was chosen for a reply that is written. The reply stands whether this succeeds or not.
pub(super) async fn remember(api: &Api, operator: &Operator, chosen: Option<SenderMode>) {
    let Some(mode) = chosen.filter(|_| !operator.is_machine()) else { return };
    if let Err(error) = try_to_remember(api, operator, mode).await {
        tracing::warn!(%error, operator.id = operator.id.0, "An operator's choice of sender was not remembered");
    }
}

async fn try_to_remember(api: &Api, operator: &Operator, mode: SenderMode) -> Result<(), StoreError> {
    let now = api.clock.now();
    if current(api.senders.profile(&operator.id, now).await?, operator).mode == mode {
        return Ok(());
    }
    let directory = api.directory.by(operator.author(now));
    for _ in 0..TRIES {
        let mut profile = current(api.directory.operator(&operator.id).await?, operator);
        if profile.mode != mode {
            profile.mode = mode;
            if directory.save_operator(&profile).await? == Saved::Conflict {
                continue;
            }
            profile.rev += 1;
        }
        api.senders.wrote(profile, now);
        return Ok(());
    }
    Ok(())
}

fn current(kept: Option<Profile>, operator: &Operator) -> Profile {
    let mut profile = kept.unwrap_or_else(|| Profile::new(operator.id.clone(), String::new()));
    profile.account_name.clone_from(&operator.name);
    profile
}
