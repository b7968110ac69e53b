//! Sessions of browsers. A session is read in every request, strongly consistent: one that was ended is over at once.
use accounts::{
    Session,
    audit::AuditEntry,
    credential::{Credential, user_id},
};
use jiff::Timestamp;
use status::ids::AccountId;

use crate::{
    error::StoreError,
    items::{attribute, expiring, item, primary, read_item},
    keys,
    requests::query_all,
    store::Store,
};

impl Store {
    pub async fn put_session(&self, session: &Session, entry: AuditEntry) -> Result<(), StoreError> {
        let key = keys::session(&user_id(&session.address), &session.id);
        self.put_audited(expiring(item(key, "session", session), session.ends_at), entry).await
    }

    /// The session of a cookie, if its secret fits and it has not ended.
    pub async fn session(&self, cookie: &Credential, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let found = self.get("read session", keys::session(&cookie.owner, &cookie.id)).await?;
        let session: Option<Session> = found.map(|item| read_item(item, "session")).transpose()?;
        Ok(session.filter(|session| session.digest.is_of(&cookie.secret) && session.ends_at > now))
    }

    /// All sessions of a user that have not ended, the newest first.
    pub async fn sessions_of(&self, address: &str, now: Timestamp) -> Result<Vec<Session>, StoreError> {
        let found = query_all("read sessions", self.query(keys::sessions_of(&user_id(address)))).await?;
        let read = found.into_iter().map(|item| read_item(item, "session"));
        let mut sessions = read.collect::<Result<Vec<Session>, _>>()?;
        sessions.retain(|session| session.ends_at > now);
        sessions.sort_by(|a, b| (b.since, &b.id).cmp(&(a.since, &a.id)));
        Ok(sessions)
    }

    /// Without an entry if there is no log to write it to: the account is gone, or they are no member any more.
    pub async fn end_session(&self, address: &str, id: &str, entry: Option<AuditEntry>) -> Result<(), StoreError> {
        let key = primary(keys::session(&user_id(address), id));
        if let Some(entry) = entry {
            return self.delete_audited(key, entry).await;
        }
        let deleted = self.client.delete_item().table_name(&self.table).set_key(Some(key)).send().await;
        deleted.map_err(StoreError::request("end session"))?;
        Ok(())
    }

    /// From now on the session works in another account, and sessions to come begin there.
    pub async fn move_session(&self, session: &Session, to: &AccountId) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::session(&user_id(&session.address), &session.id))))
            .update_expression("SET account = :account")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":account", attribute(to));
        update.send().await.map_err(StoreError::request("move session"))?;
        self.note_last_account(&session.address, to).await
    }

    /// Nothing is noted of an account that they are no member of.
    pub async fn note_last_account(&self, address: &str, account: &AccountId) -> Result<(), StoreError> {
        let update = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::user(address))))
            .update_expression("SET #last = :account")
            .condition_expression("contains(accounts, :account)")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":account", attribute(account));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(())
            }
            Err(error) => Err(StoreError::request("note account of a user")(error)),
        }
    }
}
