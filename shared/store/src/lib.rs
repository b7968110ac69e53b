//! The store: the only crate that uses DynamoDB. One file per family of access patterns. `keys` lists the patterns and
//! alone builds keys. Writes that need the time take `now` from the caller.
mod records;
mod schema;

mod items;
mod keys;
mod requests;
pub mod table;

mod counts;
mod error;
mod grouped_reads;
mod keyring;
mod sealed;
mod store;

mod alerts;
mod archive;
mod catalogue_overlay;
mod cursor;
mod health;
mod history;
mod in_clear;
mod outbox;
mod page_summaries;
mod pages;
mod platform_faults;
mod timelines;

mod applied;
mod boards;
mod directory;
mod documents;
mod edits;
mod feeds;
mod incident_links;
mod logins;
mod monitors;
mod mutes;
mod settings;
mod stored;

mod audit;
mod limits;
mod members;
mod sessions;
mod sign_in_links;
mod team;
mod tokens;

mod deliveries;
mod delivery_log;
mod fanout;
mod follow_ups;
mod held;
mod missed;
mod notified;
mod recipients;
mod reopened;
mod reseal;
mod row_secrets;
mod transfer;
mod unmatched;
mod watched;
mod watchers;

pub use audit::AuditPage;
pub use boards::{StoredBoard, new_board_address};
pub use counts::Counts;
pub use cursor::{Cursor, CursorPage};
pub use deliveries::{
    Attempt, Claim, DeliveryClaim, DeliveryEnd, DeliveryRecord, KeptHandle, Owner, RecordError, Verdict,
};
pub use delivery_log::{DeliveryEntry, LogPage};
pub use directory::Directory;
pub use edits::{Edit, Made, Once, Revision};
pub use error::{EditError, StoreError};
pub use fanout::FanoutProgress;
pub use feeds::{Feed, FeedProviders, StoredFeed};
pub use follow_ups::{MAX_FOLLOW_UPS, PlannedFollowUp};
pub use held::{DueRows, HeldAlert, HeldFor, Told};
pub use incident_links::IncidentLink;
pub use keyring::{Keyring, KeyringError};
pub use limits::{Allowance, Taken, Turn};
pub use logins::{StoredLogin, StoredLogins};
pub use members::TeamError;
pub use monitors::DestinationRecord;
pub use notified::{NotifiedMark, NotifiedPage, QuietMark, notified_shards};
pub use page_summaries::Round;
pub use pages::{Commit, CommitError, has_room};
pub use recipients::{Consent, Recipient, Suppression, SuppressionCause};
pub use records::{
    AlertHead, DOCUMENT_LIMIT, Disabled, Episode, HandleFields, INFLATED_LIMIT, OutboxRow, PageHead, PageRecord,
    READ_LIMIT, ROW_INFLATED_LIMIT, Refusals, ResolvedUrl, WrittenBy,
};
pub use reopened::Reopened;
pub use reseal::Resealed;
pub use sealed::StoredDestination;
pub use settings::{AccountSettings, Applied};
pub use store::Store;
pub use stored::{ManagedBy, Stored, StoredSettings, Visibility};
pub use team::Team;
pub use timelines::TimelinePage;
pub use transfer::{Import, PortableItem};
pub use unmatched::UnmatchedFilter;
pub use watchers::{AlertSettings, WatchersFrom, WatchersPage, watcher_segments};
