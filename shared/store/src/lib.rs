//! The only crate that knows the tables: keys, indexes, items. One file per access pattern.
//!
//! # Inbox table
//!
//! | item | pk | sk |
//! | --- | --- | --- |
//! | conversation | `c#{conversation}` | `conversation` |
//! | message, note, timeline line | `c#{conversation}` | `m#{ms:013}-{message}` |
//! | what was told about a message that has not arrived | `c#{conversation}` | `x#{reference}` |
//! | place of the reply that a client's idempotency key stands for; of what a provider without a clock told | `c#{conversation}` | `k#{message}` |
//! | somebody in a group | `c#{conversation}` | `p#{person}` |
//! | event that belongs to no conversation | `channel#{channel}` | `e#{event}` |
//! | how replies ended within an hour | `channel#{channel}` | `t#{ms:013}` |
//! | contact who is blocked, with how much was dropped since | `blocked#{channel}` | `{ms:013}-{conversation}` |
//! | file that an operator may upload and send | `c#{conversation}` | `u#{upload}` |
//! | what is left to be deleted of a conversation that was deleted for ever | `c#{conversation}` | `erase` |
//! | how far it was read, who is writing: for its customer to see | `c#{conversation}` | `read`, `typing` |
//! | what an operator has begun to write | `c#{conversation}` | `d#{operator}` |
//! | where an operator has drafts | `drafts#{operator}` | `{conversation}` |
//! | where an operator was mentioned in a note, and how far they have read that | `mentions#{operator}` | `n#{ms:013}-{message}`, `read` |
//! | picture of an operator, and what they want it to be | `operator#{operator}` | `picture` |
//! | what an operator is on: their switch, what they hold | `duty` | `{operator}` |
//! | whom a channel's rule gave its last conversation | `turn` | `{channel}` |
//! | what it is counted as in its section | `c#{conversation}` | `counted` |
//! | a channel's conversations, counted by section and operator | `counts` | `{channel}` |
//! | which messages make which tickets; stays when the conversation is deleted for ever | `c#{conversation}` | `tickets` |
//! | the stretch that a message is in | `c#{conversation}` | `in-ticket#{message}` |
//! | ticket | `c#{conversation}` | `ticket#{stretch:08}` |
//! | where a ticket's number leads; the latest number | `ticket#{number}`; `tickets` | `ticket`; `counter` |
//! | when a channel was looked through for messages in no ticket | `channel#{channel}` | `tickets-swept` |
//! | quarantined body or event | `quarantine` | `{id}#{part:03}` |
//!
//! | index | key | holds | answers |
//! | --- | --- | --- | --- |
//! | `inbox` | `{channel}#{section}`, `{ms:013}-{conversation}` | conversations | a section's list, newest first |
//! | `inbox` | `tickets#{channel}#{status}`, `{ms:013}-{number:012}` | tickets | a list of tickets, the highest number first |
//! | `mine` | `tickets#{operator}#{status}`, the same | tickets that somebody has | the same of one operator |
//! | `mine` | operator, `{ms:013}-{conversation}` | open conversations that are somebody's | an operator's list, newest first |
//! | `waiting` | `{channel}#{section}`, since when | conversations whose customer waits | a section's list, who waits longest first |
//! | `window` | `{channel}#{section}`, when it was opened | open conversations of Messenger and WhatsApp | a section's list, whose window ends soonest first |
//! | `deadline` | `{kind}#{shard:02}`, `scheduled#{shard:02}` or `ticket#{shard:02}`, due time | conversations with an armed deadline, replies that are sent later, messages that wait for becoming a ticket | what is due |
//! | `pending` | `reply#{channel}`, `profile#{channel}`, `media#{channel}` or `picture`, `[portrait:]{conversation}[#{message or person}[#prepare]]` or `{operator}` | unfinished work only | what the sweeper must start again; the order of a conversation's open replies |
//!
//! | access pattern | cost (4 KB / 1 KB items) |
//! | --- | --- |
//! | load for an inbound event | 1 strong get = 1 RRU; a second one while a note waits in the conversation; in a group half a one more for who speaks |
//! | find what a reaction, an edit or an unsend is about | newest first: 1 strong query of 25 messages, about 4 RRU; older messages cost what lies above them |
//! | commit an inbound text | message 1 WRU, then conversation 1 + `inbox` move 2, `mine` move 2 if it is somebody's, `waiting` 1 if the customer begins to wait, `window` move 2 where there is one; the first of somebody in a group is a transaction with their item |
//! | the same of a provider that tells no time (Twilio) | place 1 WRU before it |
//! | commit how far a reply has come (Twilio) | strong get of it 1 RRU, message 1 WRU; nothing if it is no news |
//! | write a reply | place 1 WRU, message 1 + `pending` 1, conversation 1 + `inbox` move 2 |
//! | commit an inbound file | as a text, and `pending` 1 |
//! | record that a file was copied | 1 WRU each; the last one also leaves `pending` (1) |
//! | record that somebody's picture was copied | strong get 1 RRU; conversation 1 WRU, leaving `pending` (1) |
//! | claim, settle a reply | 1 WRU each; settling also leaves `pending` (1) |
//! | count how replies ended | 1 WRU a minute per channel and process while replies go out, and 1 for each that fails |
//! | tell how replies ended | 1 query of 26 small items, about 2 RRU; older ones while none was accepted |
//! | close by deadline | transaction of conversation and line (4 WRU) + `inbox` move 2 + `deadline` 1 |
//! | the same with a farewell | 2 WRU more, and `pending` 1 |
//! | delete a conversation for ever | transaction of shell and note (4 WRU) + `pending` 1; then 1 strong query per 250 items and 1 WRU each |
//! | schedule a reply | place 1 WRU, message 1 + `deadline` 1 |
//! | queue a scheduled reply | strong get of the conversation 1 RRU, of the reply 1; message 1 WRU, leaving `deadline` 1 + `pending` 1 |
//! | drop one | transaction of message and line (4 WRU), leaving `deadline` 1 |
//! | remind a customer | message 1 WRU + `pending` 1; conversation 1 + `inbox` move 2 + `deadline` 2 |
//! | note that a conversation was read, or that somebody writes | strong get of the conversation 1 RRU; 1 WRU, also if it is no news |
//! | show it | strong get of conversation and channel 2 RRU; on LINE what marks the newest message, up to 25 of them at half price |
//! | write a note | place 1 WRU, message 1; with mentions a transaction: 2 WRU each for the note and for everybody mentioned |
//! | list one's mentions | 2 queries of small items and 1 strong get, about 2.5 RRU; 0.5 for each note of the page |
//! | save a draft | strong get 1 RRU, 1 WRU; the first save of a day 1 WRU more |
//! | list one's drafts | 1 query of small items, 0.5 RRU; 1 RRU for each draft of the page |
//! | put a label on, take it off | transaction of conversation and line (4 WRU) + `inbox` move 2 |
//! | a page of a list | one query per channel and section (of one's own: one), 1 RRU per some 25 entries that the filters look at, at most 1,000 of them or one more of each query than the page shows; asked for by department 1 query of all departments; and half a RRU for each conversation shown |
//! | count a conversation that moves to another section | strong get 1 RRU, transaction of what it counts as and the channel's counters 4 WRU; many of a channel share the latter |
//! | tell the counts | one query, half a RRU per 4 KB of counters |
//! | give somebody a conversation | transaction of conversation, line and duty, by a rule also the turn (6 or 8 WRU, 1 more for each 64 conversations that they hold) + `inbox` move 2 + `mine` 1 + `waiting` 2 |
//! | take a closed one off what they hold | strong get 1 RRU each of conversation and duty; transaction 4 WRU |
//! | give out what waits | 3 strong queries (channels, people, duties: 1 RRU per 4 KB), 1 query of `waiting` per channel with a rule, and further ones while somebody there has room; for each that is given 4 to 6 strong gets |
//! | put a message into a ticket | strong gets of conversation, channel, book and place 4 RRU; transaction of book and place (4 WRU), `deadline` 1 if it is the first |
//! | make a ticket | strong gets of book, conversation and number 3 RRU; transaction of number, book, ticket, pointer and line (10 WRU) + `inbox` 1 + `deadline` 1 |
//! | list tickets | one query per channel and status, or per status of an assignee; then the tickets and the first messages of the page |
//! | look for messages in no ticket, once an hour | per channel that makes tickets: its lists as far as they changed, and a page of messages and of places for each conversation in which the customer wrote |
//! | drop a message of a blocked contact | the strong get of the load, 1 RRU; counting them 1 WRU a minute per contact and process |
//! | block, unblock a contact | transaction of conversation, line and entry (6 WRU) |
//! | list those who are blocked | 1 query per channel, 0.5 RRU per 4 KB of entries; the page's conversations |
//! | closer's tick with nothing due | one query per shard, 0.5 RRU each |
//! | a closer's tick after a change of settings | for each 100 open conversations of the channel a query of 4 RRU, half a RRU for each, and what it saves; 1 WRU to note how far it came; the shards once more if anything was armed |
//!
//! # Directory table
//!
//! Channels (`channel`, id), connections (`connection`, id), what operators have set (`operator`, id) and the personas
//! made for them (`persona#{channel}`, operator), how their sync stands (`sender-sync`), people with the channels that they are
//! associated with (`person`, operator), message templates (`template`, id) and how often each was used (`template-use`, id), labels (`label`, id), what administrators were told by e-mail (`mail`, connection), setups (`setup`, id)
//! and the logins that they have sent somebody off to (`login`, fingerprint of the state), both forgotten by the table after
//! their end; index `credential` holds the connections by the time at which they must be looked at, and the setups that keep
//! a secret by their end. Channels, people, operators and personas are remembered for [`SETTINGS_CACHE`]: an ordinary reply reads
//! none of them.
//!
//! | access pattern | cost |
//! | --- | --- |
//! | note who calls | strong get 1 RRU a day in each process of the APIs; 1 WRU a day, or if name or role changed |
//! | whether an operator sees a channel that is not open to everybody | strong get 1 RRU, remembered with the others |
//! | one step of a setup | strong get 1 RRU, 1 WRU, and 1 for `credential` while it keeps a secret |
//! | begin a login, come back from it | 1 WRU; 1 WRU and a strong get 1 RRU |
//! | setups that have ended and still keep a secret | one query a minute, 0.5 RRU |
//! | list the message templates with their uses | 2 queries of all of them: 1 RRU per 4 KB of texts |
//! | fill a template in, and count that it is sent | strong get of it 1 RRU, and of brand and department if it names them; 1 WRU |
//! | tell an association a verdict | 1 WRU, also if it is no news |
//! | look after a check whether administrators must be told | strong get of the connection and of what was told: 1 RRU each, 1 query of the channels; an e-mail: 1 query of the people, 1 WRU |
//!
//! Writes that the audit log tells of say in `changed_by` who made them.
//!
//! # Audit table
//!
//! Entries (`{id}`), which nothing changes or deletes but their end of life. An entry's id follows from what it tells, so that
//! telling it again finds the first. Every search is one of its indexes, sorted by `{ms:013}-{id}`: `time` (a month of UTC),
//! `actor`, `channel`, `conversation`; the last two hold only what has one.
//!
//! | access pattern | cost (1 KB entries) |
//! | --- | --- |
//! | tell of a write | 1 WRU, `time` 1, `actor` 1, and 1 for each of channel and conversation |
//! | tell of a read | the same the first time in an hour, then 1 WRU for a condition that fails |
//! | search | 1 query per 1 MB of entries in the span of time, and 1 per month without an actor, channel or conversation |
//!
//! # Search table
//!
//! What conversations and messages are found by. It follows from the Inbox table, whose stream leads here, and can be made anew
//! from it. No texts: a leaf holds 16-bit hashes of what was said in a conversation within six hours, or of some 15 messages of
//! that time, and whoever searches reads those messages. [`Search::forget`] removes all of it that is kept of a conversation; deleting
//! a conversation's item does the same by the stream.
//!
//! | item | pk | sk |
//! | --- | --- | --- |
//! | leaf | `c#{conversation}` | `l#{ms:013}#{number:03}` |
//! | what the contact is found by | `c#{conversation}` | `contact` |
//! | the contact's name from each of its characters on | `n#{character}` | `{rest of the name}#{conversation}` |
//! | the contact's phone number backwards | `p#{four digits}` | `{digits}#{conversation}` |
//! | the provider's id of the contact | `x` | `{id}#{conversation}` |
//!
//! Index `time` has the leaves by channel and slot (`{ms:013}#{conversation}`). How far a new making of the index is stands in the
//! Inbox table (`search`, `rebuild`), because its stream takes each step to the next.
//!
//! | access pattern | cost |
//! | --- | --- |
//! | take note of a message, or of several of one conversation within seconds | strong gets of them 1 RRU each, strong query of the leaves 1 RRU; leaf 1 WRU, `time` 1 |
//! | take note of an edit or an unsend | strong query of the slot's messages, about 0.25 RRU each, and of its leaves; 2 WRU |
//! | take note of a contact | strong gets of the conversation and of what it is found by 2 RRU; 1 WRU, and 1 per character of the name, 1 for the number, 1 for the id |
//! | search a conversation | the newest 50 messages, about 12 RRU; of older ones the leaves, 0.0055 RRU per message, and the messages of each leaf that may have it, about 3 RRU |
//! | search everything | leaves of each channel, newest first, 128 RRU per MB (some 15,000 messages), until the page is full |
//! | make it anew | 0.13 RRU per message, 0.2 WRU |
//!
//! # Deliveries table
//!
//! What other systems are told (`w#{webhook}`, `{ms:013}-{event}`) with every attempt, for 30 days, and since when a receiver has
//! taken nothing (`health`, webhook). Index `due` holds what is tried again, by subscription and
//! time. Subscriptions are items of the Directory
//! (`webhook`, id), remembered for [`SETTINGS_CACHE`].
//!
//! | access pattern | cost |
//! | --- | --- |
//! | whether anybody wants to be told | 1 query of the Directory in half a minute while there are changes |
//! | tell one event to one receiver who takes it | strong gets of delivery, conversation and message 3 RRU; 1 WRU |
//! | one that does not | 1 WRU and `due` 1; 1 WRU for its health |
//! | try again after more than a quarter of an hour | 1 WRU and `due` 1 to take it |
//! | sweep with nothing due | one query of each subscription, 0.5 RRU, and one of what an earlier version wrote |
//!
//! Beside that what operators are still to be told by e-mail, and when they were told last (`n#{operator}`, conversation), in the
//! same index as `notify`, for 15 days after its last change. What they want to be told of is an item of the Directory (`notify`,
//! operator), how the latest attempts ended another (`notify-standing`, operator), and the browsers that they are told by others (`push`,
//! id): a browser has one item, and thus tells one person.
//!
//! | access pattern | cost |
//! | --- | --- |
//! | whether anybody wants to be told | 3 queries of the Directory, people, what they chose and their browsers, in half a minute while customers write |
//! | find who is told of one thing | strong get of the conversation 1 RRU; of one that is nobody's the duties, 1 RRU per 4 KB |
//! | tell somebody's browsers | strong get of the person 1 RRU, and once of the channel |
//! | note it for an e-mail | strong get 1 RRU; 1 WRU and `due` 1 if there is none yet |
//! | send an e-mail | 1 WRU and `due` 2 each to queue and to take it, 1 and 1 to settle it; strong gets of it, the person, the conversation, how far it was read, the channel and the settings 6 RRU |
//! | sweep with nothing due | one query, 0.5 RRU |
//!
//! # Live table
//!
//! | item | pk | sk |
//! | --- | --- | --- |
//! | ticket | `ticket#{fingerprint}` | `ticket` |
//! | connection, open or closed within the last hour | `connections` | `{connection}` |
//! | last number that was given | `counter` | `seq` |
//! | batch of changes, for an hour | `log` | `{number of its last change:020}` |
//! | connection that shows a conversation | `c#{conversation}` | `{connection}` |
//!
//! Everything but the counter ends by itself.
//!
//! | access pattern | cost |
//! | --- | --- |
//! | open a connection | ticket 1 WRU, taking it 1 WRU, connection 1 WRU |
//! | tell of a batch of changes | 1 query of the connections, about 1 RRU for 12 of them; counter 1 WRU, log 1 WRU per 1 KB (5 changes). While nobody has been connected for an hour: only the query, 0.5 RRU |
//! | a message of a client | strong get 1 RRU, 1 WRU |
//! | ask for what was missed | counter 1 RRU, 2 queries, 1 RRU per 4 KB (20 changes) |
//! | view, write, leave | 1 WRU, 1 query of those who are there |
//! | view what another client may not know | strong get of the conversation 1 RRU, once in each process |
//!
//! # Reports table
//!
//! What reports are made of (OPS-3). It follows from the Inbox table's stream and holds no names and no words.
//!
//! | item | pk | sk |
//! | --- | --- | --- |
//! | facts of a conversation within ten minutes, for 40 days | `f#{channel}#{hour, ms:013}` | `{conversation}#{slot, ms:013}` |
//! | what an hour came to | `h#{channel}` | `{ms:013}` |
//! | how a channel stood on a day of UTC, how its replies ended, its quota | `w#{channel}` | `{ms:013}` |
//!
//! | access pattern | cost |
//! | --- | --- |
//! | count messages and turns of one conversation that come within half a minute | 1 WRU |
//! | make the hours of a channel anew that they are in, once for all of a batch | strong get 1 RRU, strong query of the hour's facts, 1 RRU per 4 KB (some 20 messages); 1 WRU, nothing if it says the same |
//! | look at a channel, every ten minutes | 1 query of its tallies, about 2 RRU; 1 or 2 WRU |
//! | tell a report | 1 query per channel: 0.5 RRU per 4 KB, 0.2 to 0.5 KB for each hour in which anything happened; with 1,000 chats an hour on 20 channels, ten hours a day, about 300 RRU for a month |
//!
//! # Requests table
//!
//! What was posted under an idempotency key and what it was answered (`once#{caller}#{key}`), for a day; how many
//! requests a machine has sent within ten seconds (`rate#{client}#{turn}`).
//!
//! | access pattern | cost |
//! | --- | --- |
//! | post something with a key | 1 WRU before, 1 or, of longer answers, 1 per KB after it; one that comes again 1 WRU |
//! | a request of a machine | 1 WRU |
//!
//! # Sessions table
//!
//! Who is signed in at the console (`session#{fingerprint of its id}`, with tokens, claims and the CSRF token) and who is just
//! signing in (`login#{fingerprint of the state}`). Everything ends by itself.
//!
//! | access pattern | cost (a session has 3 to 8 KB) |
//! | --- | --- |
//! | a page, or a part of one | strong get 1 RRU per 4 KB |
//! | note that a session is used, every five minutes | 1 WRU per KB |
//! | sign in | login 1 WRU, taking it 1; session 1 WRU per KB |
//! | renew a token, once an hour | to claim it and to keep it 1 WRU per KB each |
//!
//! Every write of a conversation is conditional on the version that was read, every write of a
//! message on its `rev`. A lost race is [`Saved::Conflict`], a result and not an error. A message and what it does to
//! its conversation are two writes, in this order; what ended between them is made up for by whoever comes next.

mod access;
pub mod assignment;
pub mod audit;
mod cache;
mod committed;
pub mod deliveries;
pub mod directory;
mod error;
pub mod inbox;
mod item;
pub mod live;
pub mod notify;
pub mod reports;
pub mod requests;
pub mod search;
pub mod sessions;
pub mod work;

pub use audit::Audit;
pub use cache::{
    ChannelCache, GuardCache, ListenerCache, PushedCache, SETTINGS_CACHE, SenderCache, Somebody, WebhookCache,
};
pub use committed::Committed;
pub use deliveries::Deliveries;
pub use directory::Directory;
pub use error::StoreError;
pub use inbox::Inbox;
pub use live::Live;
pub use notify::NotifyWork;
pub use reports::Reports;
pub use requests::Requests;
pub use search::Search;
pub use sessions::Sessions;

/// How a conditional write ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Saved {
    /// Everything is stored.
    Done,
    /// Somebody else wrote in between: read again and decide again. Nothing is stored, but for a message that stood
    /// alone, see [`Inbox::commit`].
    Conflict,
}
