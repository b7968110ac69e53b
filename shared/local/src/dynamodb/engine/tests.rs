//! The same requests to this engine and to the library alone, and what holds for groups.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;

const TABLE: &str = "table";

/// Pseudo-random numbers, the same in every run.
struct Numbers(u32);

impl Numbers {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % end
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u32) as usize]
    }
}

fn create_table() -> String {
    let key = |partition: &str, sort: &str| json!([{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
    let attributes: Vec<Value> = ["pk", "sk", "gsi1pk", "gsi1sk"]
        .map(|name| json!({"AttributeName": name, "AttributeType": "S"}))
        .into_iter()
        .collect();
    let index = json!({"IndexName": "gsi1", "KeySchema": key("gsi1pk", "gsi1sk"),
        "Projection": {"ProjectionType": "ALL"}});
    json!({"TableName": TABLE, "AttributeDefinitions": attributes, "KeySchema": key("pk", "sk"),
        "BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [index]})
    .to_string()
}

fn engine() -> Engine {
    let mut engine = Engine::open(None).unwrap();
    assert_eq!(engine.by_library("CreateTable", create_table().as_bytes()).status, 200);
    engine
}

fn key(numbers: &mut Numbers) -> Value {
    json!({"pk": {"S": numbers.pick(&["a", "b \"quoted\""])}, "sk": {"S": numbers.pick(&["1", "2", "é"])}})
}

fn lease(numbers: &mut Numbers) -> Value {
    let until = numbers.below(3).to_string();
    json!({"M": {"until_ms": {"N": until}, "place": {"S": numbers.pick(&["x", "y"])}, "boot": {"S": "1"}}})
}

fn update(numbers: &mut Numbers) -> Value {
    let mut request = json!({"TableName": TABLE, "Key": key(numbers)});
    let text = |numbers: &mut Numbers| json!({"S": numbers.pick(&["p", "q", "\u{1f600}\n"])});
    let (update, condition, values) = match numbers.below(7) {
        0 => (
            "SET #type = :type, attempts = if_not_exists(attempts, :none), lease = :lease, \
             gsi1pk = if_not_exists(gsi1pk, :index), gsi1sk = if_not_exists(gsi1sk, :order)",
            "attribute_not_exists(pk) OR (attribute_not_exists(ended) AND (attribute_not_exists(lease) OR \
             lease.until_ms <= :now OR (lease.place = :host AND lease.boot <> :boot)))",
            json!({":type": {"S": "delivery"}, ":none": {"L": []}, ":lease": lease(numbers), ":index": text(numbers),
                ":order": text(numbers), ":now": {"N": numbers.below(3).to_string()}, ":host": {"S": "x"},
                ":boot": {"S": numbers.pick(&["1", "2"])}}),
        ),
        1 => (
            "SET attempts = :attempts, ended = :ended REMOVE lease, not_before",
            "attribute_exists(pk) AND attribute_not_exists(ended)",
            json!({":ended": text(numbers), ":attempts": {"L": [{"M": {"status": text(numbers)}}]}}),
        ),
        2 => ("REMOVE ended, gsi1pk", "attribute_exists(pk)", Value::Null),
        3 => (
            "SET gsi1pk = :index, gsi1sk = :order, flag = :flag",
            "",
            json!({":index": text(numbers), ":order": text(numbers), ":flag": {"BOOL": true}}),
        ),
        4 => (
            "SET not_before = :time",
            "attribute_not_exists(ended) AND lease = :lease",
            json!({":time": {"NULL": true}, ":lease": lease(numbers)}),
        ),
        // Of another kind.
        5 => {
            ("SET counter = if_not_exists(counter, :zero) + :one", "", json!({":zero": {"N": "0"}, ":one": {"N": "1"}}))
        }
        // Not valid: an empty key of the index, and a number that is none.
        _ => ("SET gsi1pk = :index, gsi1sk = :order", "", json!({":index": {"S": ""}, ":order": {"N": "x"}})),
    };
    request["UpdateExpression"] = json!(update);
    if !condition.is_empty() {
        request["ConditionExpression"] = json!(condition);
    }
    if !values.is_null() {
        request["ExpressionAttributeValues"] = values;
    }
    if update.contains('#') {
        request["ExpressionAttributeNames"] = json!({"#type": "type"});
    }
    if numbers.below(2) == 0 {
        request["ReturnValues"] = json!("ALL_NEW");
        request["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    }
    request
}

fn write(numbers: &mut Numbers) -> Value {
    let mut item = key(numbers);
    match numbers.below(6) {
        0 => return json!({"DeleteRequest": {"Key": item}}),
        1 => item["gsi1pk"] = json!({"S": "p"}),
        2 => item["tags"] = json!({"SS": ["a", "b"]}),
        3 => {
            item["gsi1pk"] = json!({"S": "p"});
            item["gsi1sk"] = json!({"S": numbers.pick(&["1", "2"])});
        }
        4 => item["document"] = json!({"B": numbers.pick(&["YQ==", "", "aGVsbG8="])}),
        _ => item["ttl"] = json!({"N": "7"}),
    }
    json!({"PutRequest": {"Item": item}})
}

fn request(numbers: &mut Numbers) -> (&'static str, Value) {
    match numbers.below(10) {
        0..=6 => ("UpdateItem", update(numbers)),
        7 => {
            let writes: Vec<Value> = (0..numbers.below(3)).map(|_| write(numbers)).collect();
            ("BatchWriteItem", json!({"RequestItems": {TABLE: writes}}))
        }
        8 => ("GetItem", json!({"TableName": TABLE, "Key": key(numbers), "ConsistentRead": true})),
        _ => {
            let keys: Vec<Value> = (0..numbers.below(4)).map(|_| key(numbers)).collect();
            ("BatchGetItem", json!({"RequestItems": {TABLE: {"Keys": keys, "ConsistentRead": true}}}))
        }
    }
}

/// Rows of the table and of its index, without the sizes.
fn rows(storage: &Storage) -> Vec<(Vec<String>, Value)> {
    let mut rows = Vec::new();
    for sql in [
        "SELECT pk, sk, hash_prefix, '', item_json FROM \"table\" ORDER BY pk, sk",
        "SELECT gsi_pk, gsi_sk, table_pk, table_sk, item_json FROM \"table::gsi::gsi1\"
         ORDER BY gsi_pk, gsi_sk, table_pk, table_sk",
    ] {
        let mut statement = storage.conn().prepare(sql).unwrap();
        let read = statement.query_map([], |row| {
            let columns = (0..4).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<String>>>()?;
            Ok((columns, serde_json::from_str(&row.get::<_, String>(4)?).unwrap()))
        });
        rows.extend(read.unwrap().map(Result::unwrap));
    }
    rows
}

#[test]
fn requests_are_answered_as_by_the_library_and_leave_the_same_rows() {
    let (mut ours, mut librarys, mut numbers) = (engine(), engine(), Numbers(11));
    let mut quick: BTreeMap<&str, u32> = BTreeMap::new();
    for step in 0..4_000 {
        let (operation, request) = request(&mut numbers);
        let input = request.to_string();
        let answer = match ours.quickly(operation, input.as_bytes()).unwrap() {
            Some(done) => {
                *quick.entry(operation).or_default() += 1;
                ours.commit(&mut Vec::new());
                done
            }
            None => {
                ours.commit(&mut Vec::new());
                ours.by_library(operation, input.as_bytes())
            }
        };
        let expected = librarys.by_library(operation, input.as_bytes());
        let parsed = |response: &Response| {
            let mut body: Value = serde_json::from_str(&response.body).unwrap();
            if let Some(found) = body["Responses"][TABLE].as_array_mut() {
                found.sort_by_key(Value::to_string);
            }
            (response.status, body)
        };
        assert_eq!(parsed(&answer), parsed(&expected), "step {step}: {operation} {input}");
        if step % 50 == 0 {
            assert_eq!(rows(&ours.storage), rows(&librarys.storage), "after step {step}");
        }
    }
    assert_eq!(rows(&ours.storage), rows(&librarys.storage));
    assert!(quick.len() == 4 && quick.values().all(|number| *number > 50), "{quick:?}");
}

fn perform(engine: &mut Engine, requests: &[(&str, Value)]) -> Vec<Response> {
    let (mut group, mut answers) = (Vec::new(), Vec::new());
    for (operation, request) in requests {
        let (response, answer) = oneshot::channel();
        group.push(Job::Perform {
            operation: operation.to_string(),
            input: request.to_string().into_bytes(),
            response,
        });
        answers.push(answer);
    }
    engine.work(&mut group);
    answers.into_iter().map(|answer| answer.blocking_recv().unwrap()).collect()
}

fn set(name: &str, value: &str) -> Value {
    json!({"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}, "UpdateExpression": format!("SET {name} = :v"),
        "ExpressionAttributeValues": {":v": {"S": value}}})
}

#[test]
fn reserved_word_and_unused_value_are_refused_as_by_dynamodb() {
    let mut engine = engine();
    let mut unused = set("colour", "red");
    unused["ExpressionAttributeValues"][":w"] = json!({"S": ""});
    let requests =
        [("UpdateItem", set("colour", "red")), ("UpdateItem", set("unknown", "red")), ("UpdateItem", unused)];
    for _ in 0..2 {
        let statuses: Vec<u16> = perform(&mut engine, &requests).iter().map(|response| response.status).collect();
        assert_eq!(statuses, [200, 400, 400]);
    }
}

/// What a group does is visible to its later requests, and its failure to none: nothing of it was acknowledged.
#[test]
fn group_that_is_not_committed_leaves_nothing_and_is_not_acknowledged() {
    let mut engine = engine();
    perform(&mut engine, &[("UpdateItem", set("colour", "red"))]);
    let get = json!({"TableName": TABLE, "Key": {"pk": {"S": "a"}, "sk": {"S": "1"}}});
    let answers = perform(&mut engine, &[("UpdateItem", set("colour", "blue")), ("GetItem", get.clone())]);
    assert!(answers[1].body.contains("blue"), "{}", answers[1].body);
    // A limit of the file, as a full disk: the commit fails.
    engine
        .storage
        .conn()
        .execute_batch(
            "CREATE TEMP TRIGGER full BEFORE UPDATE ON main.\"table\"
        WHEN new.item_json LIKE '%green%' BEGIN SELECT RAISE(ROLLBACK, 'no room'); END",
        )
        .unwrap();
    let requests = ["white", "green", "black"].map(|colour| ("UpdateItem", set("colour", colour)));
    let statuses: Vec<u16> = perform(&mut engine, &requests).iter().map(|response| response.status).collect();
    assert_eq!(statuses, [500, 500, 200], "the last is of the next transaction");
    let answers = perform(&mut engine, &[("UpdateItem", set("colour", "green")), ("GetItem", get)]);
    assert!(answers[0].status == 500 && answers[1].body.contains("black"), "{answers:?}");
}

#[test]
fn transaction_that_is_sent_again_gets_the_first_response() {
    let mut engine = engine();
    let put = json!({"Put": {"TableName": TABLE, "Item": {"pk": {"S": "a"}, "sk": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(pk)"}});
    let send = |token: &str| ("TransactWriteItems", json!({"TransactItems": [put], "ClientRequestToken": token}));
    let answers = perform(&mut engine, &[send("1"), send("1"), send("2")]);
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 200, 400]);
}

#[test]
fn expired_items_are_removed_with_their_index_rows() {
    let mut engine = engine();
    let ttl = json!({"TableName": TABLE, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": true}});
    assert_eq!(engine.by_library("UpdateTimeToLive", ttl.to_string().as_bytes()).status, 200);
    let future =
        (std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60).to_string();
    for number in 0..700 {
        let mut item =
            json!({"pk": {"S": "a"}, "sk": {"S": number.to_string()}, "gsi1pk": {"S": "p"}, "gsi1sk": {"S": "1"}});
        match number % 3 {
            0 => item["ttl"] = json!({"N": "1000"}),
            1 => item["ttl"] = json!({"N": future}),
            _ => {}
        }
        let put = json!({"RequestItems": {TABLE: [{"PutRequest": {"Item": item}}]}});
        assert_eq!(perform(&mut engine, &[("BatchWriteItem", put)])[0].status, 200);
    }
    let (mut after, mut pages) = (Some(0), 0);
    while let Some(row) = after {
        let (looked_at, answer) = oneshot::channel();
        engine.work(&mut vec![Job::Sweep { after: row, looked_at }]);
        after = answer.blocking_recv().unwrap().unwrap();
        pages += 1;
    }
    let left = rows(&engine.storage);
    assert_eq!((left.len(), pages), (2 * (700 - 234), 3));
    assert!(left.iter().all(|(_, item)| item["ttl"]["N"] != json!("1000")));
}

#[test]
fn file_flushes_each_commit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(Some(&folder.path().join("dynamodb.sqlite"))).unwrap();
    let pragma = |name: &str| {
        let read = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
        engine.storage.conn().pragma_query_value(None, name, read).unwrap()
    };
    const FULL: i64 = 2;
    assert_eq!(pragma("synchronous"), FULL.into());
    assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
}
