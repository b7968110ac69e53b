//! Links that sign somebody in. A link is deleted by whoever uses it, so of two at once one finds none.
use accounts::{SignInLink, secret::SecretDigest};
use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

use crate::{
    error::StoreError,
    items::{expiring, item, primary, read_item, seconds},
    keys,
    store::Store,
    table::TTL,
};

const WHAT: &str = "link to sign in";

impl Store {
    pub async fn put_sign_in_link(&self, digest: &SecretDigest, link: &SignInLink) -> Result<(), StoreError> {
        let row = expiring(item(keys::sign_in_link(digest.as_str()), "sign_in_link", link), link.ends_at);
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row)).send().await;
        put.map_err(StoreError::request("write link to sign in"))?;
        Ok(())
    }

    /// The link, which stays usable. `None`: it was used, has ended, or never was.
    pub async fn sign_in_link(&self, digest: &SecretDigest, now: Timestamp) -> Result<Option<SignInLink>, StoreError> {
        let found = self.get("read link to sign in", keys::sign_in_link(digest.as_str())).await?;
        let link: Option<SignInLink> = found.map(|item| read_item(item, WHAT)).transpose()?;
        Ok(link.filter(|link| link.ends_at > now))
    }

    /// Uses the link, for good.
    pub async fn use_sign_in_link(
        &self,
        digest: &SecretDigest,
        now: Timestamp,
    ) -> Result<Option<SignInLink>, StoreError> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(primary(keys::sign_in_link(digest.as_str()))))
            .condition_expression("attribute_exists(pk) AND #ttl > :now")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":now", seconds(now))
            .return_values(ReturnValue::AllOld);
        match delete.send().await {
            Ok(answer) => answer.attributes.map(|item| read_item(item, WHAT)).transpose(),
            Err(error)
                if error.as_service_error().is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(StoreError::request("use link to sign in")(error)),
        }
    }
}
