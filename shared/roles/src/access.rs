//! What a request does in the table, as policies speak of it: actions on partitions.
use std::fmt;

use serde_json::Value;

/// One action on one partition of the table or of its index.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Access<'a> {
    pub(crate) action: &'a str,
    pub(crate) of_index: bool,
    /// Empty: of no partition alone, as a scan.
    pub(crate) partition: &'a str,
}

impl fmt::Display for Access<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_index = if self.of_index { " of the index" } else { "" };
        write!(f, "dynamodb:{}{of_index} in {}", self.action, self.partition)
    }
}

/// What a request to DynamoDB needs. The parts of a transaction need what they do:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
pub(crate) fn accesses<'a>(operation: &'a str, body: &'a Value) -> Vec<Access<'a>> {
    let of_table = |action, item: &'a Value| Access { action, of_index: false, partition: partition(item) };
    match operation {
        "PutItem" => vec![of_table(operation, &body["Item"])],
        "DeleteItem" | "GetItem" | "UpdateItem" => vec![of_table(operation, &body["Key"])],
        "Query" => {
            let partition = body["ExpressionAttributeValues"][":pk"]["S"].as_str().unwrap_or_default();
            vec![Access { action: operation, of_index: body.get("IndexName").is_some(), partition }]
        }
        "BatchGetItem" => {
            let keys = tables(body).flat_map(|table| elements(&table["Keys"]));
            keys.map(|key| of_table(operation, key)).collect()
        }
        "BatchWriteItem" => {
            let writes = tables(body).flat_map(elements);
            let item = |write: &'a Value| match write.get("PutRequest") {
                Some(put) => &put["Item"],
                None => &write["DeleteRequest"]["Key"],
            };
            writes.map(|write| of_table(operation, item(write))).collect()
        }
        "TransactGetItems" => {
            elements(&body["TransactItems"]).map(|part| of_table("GetItem", &part["Get"]["Key"])).collect()
        }
        "TransactWriteItems" => elements(&body["TransactItems"]).map(part_of_transaction).collect(),
        _ => vec![Access { action: operation, of_index: false, partition: "" }],
    }
}

fn part_of_transaction(part: &Value) -> Access<'_> {
    const PARTS: [(&str, &str, &str); 4] = [
        ("ConditionCheck", "ConditionCheckItem", "Key"),
        ("Delete", "DeleteItem", "Key"),
        ("Put", "PutItem", "Item"),
        ("Update", "UpdateItem", "Key"),
    ];
    let known = PARTS.iter().find_map(|(name, action, item)| Some((*action, &part.get(name)?[item])));
    let (action, item) = known.expect("a part of a transaction does one of these");
    Access { action, of_index: false, partition: partition(item) }
}

fn tables(body: &Value) -> impl Iterator<Item = &Value> {
    body["RequestItems"].as_object().into_iter().flat_map(|tables| tables.values())
}

fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn partition(item: &Value) -> &str {
    item["pk"]["S"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(partition: &str) -> Value {
        json!({"pk": {"S": partition}, "sk": {"S": "x"}})
    }

    fn shown(operation: &str, body: &Value) -> Vec<String> {
        accesses(operation, body).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_part_of_a_request_is_an_access() {
        let transaction = json!({"TransactItems": [
            {"ConditionCheck": {"Key": key("A#1")}}, {"Put": {"Item": key("B")}}, {"Update": {"Key": key("C")}}
        ]});
        let expected = ["dynamodb:ConditionCheckItem in A#1", "dynamodb:PutItem in B", "dynamodb:UpdateItem in C"];
        assert_eq!(shown("TransactWriteItems", &transaction), expected);
        let writes = json!({"RequestItems": {"t": [
            {"PutRequest": {"Item": key("A")}}, {"DeleteRequest": {"Key": key("B")}}
        ]}});
        assert_eq!(shown("BatchWriteItem", &writes), ["dynamodb:BatchWriteItem in A", "dynamodb:BatchWriteItem in B"]);
        let reads = json!({"RequestItems": {"t": {"Keys": [key("A"), key("B")]}}});
        assert_eq!(shown("BatchGetItem", &reads), ["dynamodb:BatchGetItem in A", "dynamodb:BatchGetItem in B"]);
        let query = json!({"IndexName": "gsi1", "ExpressionAttributeValues": {":pk": {"S": "A"}}});
        assert_eq!(shown("Query", &query), ["dynamodb:Query of the index in A"]);
        assert_eq!(shown("Scan", &json!({})), ["dynamodb:Scan in "]);
    }
}
