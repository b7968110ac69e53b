//! Random requests of the kinds that this project sends, and some that are not valid.
use serde_json::{Value, json};

pub(super) const TABLE: &str = "table";

/// Pseudo-random numbers, the same in every run.
pub(super) struct Numbers(pub(super) u32);

impl Numbers {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 16) % end
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u32) as usize]
    }
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
    let (update, condition, values) = match numbers.below(8) {
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
        5 => (
            "ADD read_at :more SET #type = :type",
            numbers.pick(&["", "read_at <= :more"]),
            json!({":type": text(numbers), ":more": {"N": numbers.pick(&["1", "-2", "1.5"])}}),
        ),
        // Of another kind.
        6 => {
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

fn item(numbers: &mut Numbers) -> Value {
    let mut item = key(numbers);
    match numbers.below(6) {
        0 => item["read_at"] = json!({"N": numbers.pick(&["1", "2", "3"])}),
        1 => item["gsi1pk"] = json!({"S": "p"}),
        2 => item["tags"] = json!({"SS": ["a", "b"]}),
        3 => {
            item["gsi1pk"] = json!({"S": "p"});
            item["gsi1sk"] = json!({"S": numbers.pick(&["1", "2"])});
        }
        4 => item["document"] = json!({"B": numbers.pick(&["YQ==", "", "aGVsbG8="])}),
        _ => item["head"] = json!({"M": {"version": {"N": numbers.pick(&["1", "2"])}}}),
    }
    item
}

fn write(numbers: &mut Numbers) -> Value {
    match numbers.below(6) {
        0 => json!({"DeleteRequest": {"Key": key(numbers)}}),
        _ => json!({"PutRequest": {"Item": item(numbers)}}),
    }
}

/// A put, a delete or a check, with a condition or without one.
fn action(numbers: &mut Numbers, kind: &str) -> Value {
    let mut action = match kind {
        "Put" => json!({"TableName": TABLE, "Item": item(numbers)}),
        _ => json!({"TableName": TABLE, "Key": key(numbers)}),
    };
    let (condition, names, values) = match numbers.below(7) {
        0 if kind != "ConditionCheck" => return action,
        0 | 1 => ("attribute_not_exists(pk)", Value::Null, Value::Null),
        2 => ("attribute_exists(gsi1pk)", Value::Null, Value::Null),
        3 => (
            "attribute_not_exists(#read_at) OR #read_at <= :read_at",
            json!({"#read_at": "read_at"}),
            json!({":read_at": {"N": numbers.pick(&["1", "2", "3"])}}),
        ),
        4 => ("head.#version = :read", json!({"#version": "version"}), json!({":read": {"N": "1"}})),
        5 => ("attribute_exists(pk) AND attribute_not_exists(gsi1pk)", Value::Null, Value::Null),
        // Not valid: a value that is not used.
        _ => ("attribute_exists(pk)", Value::Null, json!({":unused": {"S": "a"}})),
    };
    action["ConditionExpression"] = json!(condition);
    if !names.is_null() {
        action["ExpressionAttributeNames"] = names;
    }
    if !values.is_null() {
        action["ExpressionAttributeValues"] = values;
    }
    if numbers.below(2) == 0 {
        action["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    }
    action
}

/// Some have two actions on one item, or none at all.
fn transaction(numbers: &mut Numbers) -> Value {
    let action = |numbers: &mut Numbers| {
        let kind = numbers.pick(&["Put", "Put", "Update", "Delete", "ConditionCheck"]).to_owned();
        let mut action = match kind.as_str() {
            "Update" => update(numbers),
            kind => action(numbers, kind),
        };
        action.as_object_mut().expect("an action is an object").remove("ReturnValues");
        json!({kind: action})
    };
    let actions: Vec<Value> = (0..numbers.below(4)).map(|_| action(numbers)).collect();
    json!({"TransactItems": actions})
}

pub(super) fn request(numbers: &mut Numbers) -> (&'static str, Value) {
    match numbers.below(14) {
        0..=4 => ("UpdateItem", update(numbers)),
        5 => {
            let writes: Vec<Value> = (0..numbers.below(3)).map(|_| write(numbers)).collect();
            ("BatchWriteItem", json!({"RequestItems": {TABLE: writes}}))
        }
        6 => ("GetItem", json!({"TableName": TABLE, "Key": key(numbers), "ConsistentRead": true})),
        7 => ("PutItem", action(numbers, "Put")),
        8 => ("DeleteItem", action(numbers, "Delete")),
        9..=12 => ("TransactWriteItems", transaction(numbers)),
        _ => {
            let keys: Vec<Value> = (0..numbers.below(4)).map(|_| key(numbers)).collect();
            ("BatchGetItem", json!({"RequestItems": {TABLE: {"Keys": keys, "ConsistentRead": true}}}))
        }
    }
}
