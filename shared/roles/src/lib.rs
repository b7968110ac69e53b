//! What the roles of `template.yaml` allow the functions in the table, for tests: on one machine nobody asks for roles,
//! so that a test would pass with a request that AWS denies. A client that [`asking`] made refuses it.
mod access;
mod template;

use aws_sdk_dynamodb::{
    Client,
    config::{
        ConfigBag, Intercept, RuntimeComponents, SharedInterceptor, interceptors::BeforeTransmitInterceptorContextRef,
    },
    error::BoxError,
};

use crate::{access::accesses, template::Role};

tokio::task_local! {
    static ACTING: &'static Role;
}

/// Runs the work of a function, whose role is this resource of the template. Panics if there is none such.
pub async fn acting<T>(role: &str, work: impl Future<Output = T>) -> T {
    ACTING.scope(Role::named(role), work).await
}

/// The same client, whose requests are refused if they are part of the work of a function and its role does not allow
/// them.
pub fn asking(client: &Client) -> Client {
    Client::from_conf(client.config().to_builder().interceptor(SharedInterceptor::new(Layer)).build())
}

#[derive(Debug)]
struct Layer;

impl Intercept for Layer {
    fn name(&self) -> &'static str {
        "roles of the template"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Ok(role) = ACTING.try_with(|role| *role) else { return Ok(()) };
        let request = context.request();
        let (_, operation) =
            request.headers().get("x-amz-target").and_then(|target| target.split_once('.')).unwrap_or_default();
        let body = serde_json::from_slice(request.body().bytes().unwrap_or_default())?;
        match accesses(operation, &body).into_iter().find(|access| !role.allows(access)) {
            None => Ok(()),
            Some(denied) => Err(format!("AccessDeniedException: {} does not allow {denied}", role.name).into()),
        }
    }
}
