//! The table's schema. The deployment template declares the same names; a change here is a change there.
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType, TimeToLiveSpecification, TimeToLiveStatus,
    },
};

use crate::error::StoreError;

pub const PARTITION_KEY: &str = "pk";
pub const SORT_KEY: &str = "sk";
/// The one global secondary index; it projects everything.
pub const INDEX: &str = "gsi1";
pub const INDEX_PARTITION_KEY: &str = "gsi1pk";
pub const INDEX_SORT_KEY: &str = "gsi1sk";
/// Seconds since the epoch after which DynamoDB may delete the item.
pub const TTL: &str = "ttl";

/// For tests and the local mode; a deployment creates its table from the template. Idempotent, also after a stop
/// halfway.
pub async fn create_if_absent(client: &Client, name: &str) -> Result<(), StoreError> {
    // Listed first, since a refused request shows up as an error in logs.
    let tables = client.list_tables().send().await.map_err(StoreError::request("list tables"))?;
    if !tables.table_names().iter().any(|table| table == name) {
        create(client, name).await?;
    }
    if !has_ttl(client, name).await? {
        let ttl =
            TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build().expect("both fields are set");
        client
            .update_time_to_live()
            .table_name(name)
            .time_to_live_specification(ttl)
            .send()
            .await
            .map_err(StoreError::request("enable time to live"))?;
    }
    Ok(())
}

async fn create(client: &Client, name: &str) -> Result<(), StoreError> {
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(
            [PARTITION_KEY, SORT_KEY, INDEX_PARTITION_KEY, INDEX_SORT_KEY].map(text_attribute).to_vec(),
        ))
        .set_key_schema(Some(key_schema(PARTITION_KEY, SORT_KEY)))
        .global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(INDEX)
                .set_key_schema(Some(key_schema(INDEX_PARTITION_KEY, INDEX_SORT_KEY)))
                .projection(Projection::builder().projection_type(ProjectionType::All).build())
                .build()
                .expect("name and schema are set"),
        )
        .send()
        .await
        .map(drop)
        .map_err(StoreError::request("create table"))
}

async fn has_ttl(client: &Client, name: &str) -> Result<bool, StoreError> {
    let described = client
        .describe_time_to_live()
        .table_name(name)
        .send()
        .await
        .map_err(StoreError::request("describe time to live"))?;
    Ok(described
        .time_to_live_description
        .and_then(|description| description.time_to_live_status)
        .is_some_and(|status| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)))
}

fn text_attribute(name: &str) -> AttributeDefinition {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(ScalarAttributeType::S)
        .build()
        .expect("both fields are set")
}

fn key_schema(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .map(|(name, key_type)| {
            KeySchemaElement::builder().attribute_name(name).key_type(key_type).build().expect("both fields are set")
        })
        .to_vec()
}
