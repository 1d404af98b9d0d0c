//! `audit-writer`: reads the Directory table's stream and writes into the audit log what was committed (AUD-2). An entry's
//! id follows from the write that it tells of: a record that comes again finds its entry.

use aws_lambda_events::dynamodb::EventRecord;
use madoguchi_domain::Timestamp;
use madoguchi_store::audit::{Audit, told};
use madoguchi_store::{Saved, StoreError};

/// Writes what committed writes tell.
#[derive(Debug)]
pub struct AuditWriter {
    audit: Audit,
}

impl AuditWriter {
    /// Entries go to `audit`.
    pub fn new(audit: Audit) -> Self {
        Self { audit }
    }

    /// Writes what stream records tell, in their order.
    pub async fn handle(&self, records: &[EventRecord]) -> Result<(), StoreError> {
        for record in records {
            let change = &record.change;
            let sequence = change.sequence_number.as_deref().unwrap_or_default();
            let at = Timestamp::from_ms(change.approximate_creation_date_time.timestamp_millis());
            for entry in told(&change.keys, (&change.old_image, &change.new_image), sequence, at) {
                if self.audit.record(&entry).await? == Saved::Conflict {
                    tracing::debug!(audit.id = entry.id, "Entry `{}` is there already", entry.id);
                }
            }
        }
        Ok(())
    }
}
