//! What the role of a function in `template.yaml` allows it in the table. Stories run on one machine, where nothing
//! asks for roles; with this layer a request that AWS would deny fails here, too.
use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use aws_sdk_dynamodb::{
    config::{
        ConfigBag, Intercept, RuntimeComponents, SharedInterceptor, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};
use local::stack::Stack;

const TEMPLATE: &str = include_str!("../../template.yaml");
static OF_POLLER: LazyLock<Vec<&str>> = LazyLock::new(|| actions("PollerRole"));
/// The parts of a transaction, and what each needs:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html>.
const PARTS: [(&str, &str); 4] = [
    ("\"ConditionCheck\":{", "ConditionCheckItem"),
    ("\"Delete\":{", "DeleteItem"),
    ("\"Put\":{", "PutItem"),
    ("\"Update\":{", "UpdateItem"),
];

/// The role of the poller, while it acts. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct PollerRole(Arc<AtomicUsize>);

impl PollerRole {
    /// Requests of the stack's client to the table pass through this layer from now on.
    pub fn attach(&self, stack: &mut Stack) {
        let layer = SharedInterceptor::new(self.clone());
        let config = stack.dynamodb.config().to_builder().interceptor(layer).build();
        stack.dynamodb = aws_sdk_dynamodb::Client::from_conf(config);
    }

    /// The poller, and nothing else, sends requests during this work.
    pub async fn acts<T>(&self, work: impl Future<Output = T>) -> T {
        self.0.fetch_add(1, SeqCst);
        let done = work.await;
        self.0.fetch_sub(1, SeqCst);
        done
    }
}

impl Intercept for PollerRole {
    fn name(&self) -> &'static str {
        "role of the poller"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.load(SeqCst) == 0 {
            return Ok(());
        }
        let request = context.request();
        let (_, operation) =
            request.headers().get("x-amz-target").and_then(|target| target.split_once('.')).unwrap_or_default();
        let body = request.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        match needed(operation, &body).into_iter().find(|action| !OF_POLLER.contains(action)) {
            None => Ok(()),
            Some(action) => Err(format!("AccessDeniedException: PollerRole does not allow dynamodb:{action}").into()),
        }
    }
}

/// The actions that a request needs.
fn needed<'a>(operation: &'a str, body: &str) -> Vec<&'a str> {
    match operation {
        "TransactWriteItems" => {
            PARTS.iter().filter(|(part, _)| body.contains(part)).map(|(_, action)| *action).collect()
        }
        "TransactGetItems" => vec!["GetItem"],
        operation => vec![operation],
    }
}

/// The actions on the table that a role in the template allows.
fn actions(role: &str) -> Vec<&'static str> {
    let (_, rest) = TEMPLATE.split_once(&format!("\n  {role}:\n")).expect("the template has the role");
    // Resources are indented by two.
    let resource = rest.lines().take_while(|line| line.starts_with("   ") || line.is_empty());
    let words = resource.flat_map(|line| line.split([' ', ',', '[', ']']));
    words.filter_map(|word| word.strip_prefix("dynamodb:")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_transaction_need_what_they_do() {
        let body = r#"{"TransactItems":[{"ConditionCheck":{}},{"Put":{"Item":{"a":{"S":"\"Delete\":{"}}}}]}"#;
        assert_eq!(needed("TransactWriteItems", body), ["ConditionCheckItem", "PutItem"]);
        assert_eq!(needed("Query", ""), ["Query"]);
    }

    #[test]
    fn roles_of_the_template_are_told_apart() {
        assert!(actions("PollerRole").contains(&"BatchWriteItem") && !actions("PollerRole").contains(&"Scan"));
        assert!(!actions("WebRole").contains(&"BatchWriteItem"));
    }
}
