//! Small things that many pages are made of.

use madoguchi_domain::ChannelKind;
use maud::{Markup, html};

use crate::assets::address;

macro_rules! icons {
    ($($variant:ident = $name:literal,)*) => {
        /// A picture of `assets/icons.svg`, each under the name that it has at Lucide.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(dead_code, reason = "the set is whole, whatever pages show of it now")]
        pub(crate) enum Icon { $(#[doc = $name] $variant,)* }

        impl Icon {
            /// Every icon, for tests.
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$variant,)*];

            const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

icons! {
    Inbox = "inbox",
    Search = "search",
    Ticket = "ticket",
    Chart = "chart-column",
    Settings = "settings",
    Command = "command",
    User = "user",
    Keyboard = "keyboard",
    LogOut = "log-out",
    TriangleAlert = "triangle-alert",
    X = "x",
    Check = "check",
    CheckCheck = "check-check",
    ChevronDown = "chevron-down",
    ChevronUp = "chevron-up",
    ChevronLeft = "chevron-left",
    ChevronRight = "chevron-right",
    Plus = "plus",
    Minus = "minus",
    Trash2 = "trash-2",
    Pencil = "pencil",
    Copy = "copy",
    Link = "link",
    ExternalLink = "external-link",
    Paperclip = "paperclip",
    Image = "image",
    Video = "video",
    Music = "music",
    File = "file",
    FileText = "file-text",
    MapPin = "map-pin",
    Smile = "smile",
    Sticker = "sticker",
    Send = "send",
    Clock = "clock",
    CalendarClock = "calendar-clock",
    AlarmClock = "alarm-clock",
    Bell = "bell",
    BellOff = "bell-off",
    BellRing = "bell-ring",
    UserPlus = "user-plus",
    UserCheck = "user-check",
    UserX = "user-x",
    Users = "users",
    Bot = "bot",
    Headset = "headset",
    ArrowRightLeft = "arrow-right-left",
    ArrowLeft = "arrow-left",
    ArrowRight = "arrow-right",
    Archive = "archive",
    ArchiveRestore = "archive-restore",
    RotateCcw = "rotate-ccw",
    Undo2 = "undo-2",
    Redo2 = "redo-2",
    Ban = "ban",
    CircleCheck = "circle-check",
    CircleX = "circle-x",
    CircleAlert = "circle-alert",
    Info = "info",
    Eye = "eye",
    EyeOff = "eye-off",
    MessageSquare = "message-square",
    MessageCircle = "message-circle",
    MessagesSquare = "messages-square",
    Phone = "phone",
    Smartphone = "smartphone",
    Tag = "tag",
    Tags = "tags",
    Filter = "filter",
    ArrowDownUp = "arrow-down-up",
    List = "list",
    LayoutGrid = "layout-grid",
    Star = "star",
    Bookmark = "bookmark",
    Lock = "lock",
    LockOpen = "lock-open",
    Key = "key",
    KeyRound = "key-round",
    Plug = "plug",
    PlugZap = "plug-zap",
    Unplug = "unplug",
    RefreshCw = "refresh-cw",
    WifiOff = "wifi-off",
    Wifi = "wifi",
    CloudOff = "cloud-off",
    Download = "download",
    Upload = "upload",
    History = "history",
    Building2 = "building-2",
    Store = "store",
    Briefcase = "briefcase",
    Globe = "globe",
    Webhook = "webhook",
    Code = "code",
    Shield = "shield",
    ShieldAlert = "shield-alert",
    Flag = "flag",
    Moon = "moon",
    Sun = "sun",
    Monitor = "monitor",
    Ellipsis = "ellipsis",
    EllipsisVertical = "ellipsis-vertical",
    PanelRight = "panel-right",
    PanelLeft = "panel-left",
    Sparkles = "sparkles",
    AtSign = "at-sign",
    StickyNote = "sticky-note",
    Mail = "mail",
    Volume2 = "volume-2",
    Play = "play",
    Pause = "pause",
    Zap = "zap",
    Hand = "hand",
    Circle = "circle",
    CircleDot = "circle-dot",
    Loader = "loader",
    Heart = "heart",
    ThumbsUp = "thumbs-up",
    Reply = "reply",
    Maximize2 = "maximize-2",
    Coffee = "coffee",
    GripVertical = "grip-vertical",
    Activity = "activity",
    Gauge = "gauge",
    Languages = "languages",
    Split = "split",
    Timer = "timer",
    Hourglass = "hourglass",
    Power = "power",
    PowerOff = "power-off",
    BookOpen = "book-open",
    CircleHelp = "circle-help",
    ScrollText = "scroll-text",
    SquarePen = "square-pen",
    Mark = "mark",
}

/// A picture beside words; it tells nothing by itself.
pub(crate) fn icon(of: Icon) -> Markup {
    let href = format!("{}#{}", address("icons.svg"), of.name());
    html! { svg.icon aria-hidden="true" focusable="false" { use href=(href) {} } }
}

/// A picture that is all there is to see, with what it means.
pub(crate) fn sign(of: Icon, meaning: &str) -> Markup {
    html! { span.sign role="img" aria-label=(meaning) title=(meaning) { (icon(of)) } }
}

/// A button without words to see.
pub(crate) fn icon_button(of: Icon, meaning: &str, command: &str) -> Markup {
    html! {
        button.icon-button type="button" data-command=(command) title=(meaning) { (icon(of)) span.sr { (meaning) } }
    }
}

/// The first letters of a name, for whoever has no picture.
pub(crate) fn initials(name: &str) -> Markup {
    let letters: String = name.chars().filter(|letter| letter.is_alphanumeric()).take(2).collect();
    let letters = if letters.is_empty() { "?".to_owned() } else { letters.to_uppercase() };
    // One of eight tints, always the same for the same name.
    let tint = name.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 8;
    html! { span.avatar data-tint=(tint) aria-hidden="true" { (letters) } }
}

/// A person's picture, or their initials.
pub(crate) fn avatar(name: &str, picture: Option<&str>) -> Markup {
    match picture {
        // Links are signed anew with each answer: the script keeps what is shown while the place is the same.
        Some(url) => html! { img.avatar src=(url) alt="" loading="lazy" data-keep-src; },
        None => initials(name),
    }
}

/// What a channel's kind is called.
pub(crate) const fn channel_name(kind: ChannelKind) -> &'static str {
    match kind {
        ChannelKind::Messenger => "Messenger",
        ChannelKind::Line => "LINE",
        ChannelKind::WhatsApp => "WhatsApp",
        ChannelKind::Sms => "SMS",
    }
}

/// A channel's kind in one or two letters and its colour.
pub(crate) fn channel_badge(kind: ChannelKind) -> Markup {
    let (class, letters) = match kind {
        ChannelKind::Messenger => ("messenger", "M"),
        ChannelKind::Line => ("line", "L"),
        ChannelKind::WhatsApp => ("whatsapp", "W"),
        ChannelKind::Sms => ("sms", "S"),
    };
    let name = channel_name(kind);
    html! { span.channel-badge.(class) role="img" aria-label=(name) title=(name) { (letters) } }
}

/// Where nothing is yet: what that means and what to do next.
pub(crate) fn empty(of: Icon, title: &str, next: &Markup) -> Markup {
    html! { div.empty { (icon(of)) h2 { (title) } (next) } }
}

/// A message within a page. `kind` is `info`, `good`, `warning` or `bad`.
pub(crate) fn banner(kind: &str, content: &Markup) -> Markup {
    let shape = match kind {
        "good" => Icon::CircleCheck,
        "warning" => Icon::TriangleAlert,
        "bad" => Icon::CircleAlert,
        _ => Icon::Info,
    };
    html! { div.banner.(kind) role=(if kind == "bad" { "alert" } else { "status" }) { (icon(shape)) div { (content) } } }
}

/// A word that tells a state. `tone` is `neutral`, `info`, `good`, `warning` or `bad`.
pub(crate) fn badge(tone: &str, text: &str) -> Markup {
    html! { span.badge.(tone) { (text) } }
}

/// A labelled field of a form. `hint` says what it is for, and how it is written.
pub(crate) fn field(id: &str, label: &str, hint: Option<&str>, input: &Markup) -> Markup {
    let hint_id = format!("{id}-hint");
    html! {
        div.field data-field=(id) {
            label for=(id) { (label) }
            (input)
            @if let Some(hint) = hint { p.hint id=(hint_id) { (hint) } }
            p.field-error id=(format!("{id}-error")) role="alert" hidden {}
        }
    }
}

/// A check box with its words.
pub(crate) fn check(name: &str, label: &str, hint: Option<&str>, on: bool) -> Markup {
    html! {
        label.check {
            input type="checkbox" name=(name) checked[on];
            span { (label) @if let Some(hint) = hint { span.hint { (hint) } } }
        }
    }
}

/// The head of a page with what can be done there.
pub(crate) fn heading(title: &str, lead: &str, acts: &Markup) -> Markup {
    html! {
        div.heading {
            div { h1 { (title) } @if !lead.is_empty() { p.lead { (lead) } } }
            div.heading-acts { (acts) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn con_1_every_icon_is_in_the_sprite() {
        let sprite = include_str!("../assets/icons.svg");
        for icon in Icon::ALL {
            assert!(sprite.contains(&format!("<symbol id=\"{}\"", icon.name())), "{}", icon.name());
        }
    }

    #[test]
    fn con_1_initials_are_letters_of_any_script() {
        for (name, expected) in
            [("山田 太郎", "山田"), ("ada@example.test", "AD"), ("🙂", "?"), ("عمر", "عم")]
        {
            assert!(initials(name).into_string().contains(expected), "{name}");
        }
    }
}
