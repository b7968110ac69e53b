//! The AWS clients, built from environment variables. The SDK's own credential chain would cost cold-start time and
//! find the same variables in Lambda, whose credentials do not change while the process lives.
mod https;

use std::time::Duration;

use anyhow::Context as _;
use aws_runtime::{
    invocation_id::InvocationIdInterceptor, request_info::RequestInfoInterceptor, user_agent::UserAgentInterceptor,
};
use aws_sdk_sqs::{
    config::{
        BehaviorVersion, ConfigBag, Credentials, Intercept, Region, SharedHttpClient, SharedInterceptor,
        StalledStreamProtectionConfig, interceptors::BeforeSerializationInterceptorContextRef, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
    error::BoxError,
};
use aws_smithy_runtime_api::client::interceptors::disable_interceptor;
use https::Roots;

use crate::env;

/// In the same region a connection takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Of one attempt. A connection that died while the function was frozen gives no answer at all: without a limit one
/// request would take the whole invocation.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(5);
/// A mail that is sent and not answered in time is sent twice.
const MAIL_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// The services of this machine answer a long poll after up to 20 seconds.
const LOCAL_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(40);
/// The first one included. All of them fit into an invocation of 30 seconds.
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// A client of one service. Every SDK crate has a builder type of its own, so a function cannot be generic over them.
macro_rules! client {
    ($sdk:ident, $settings:expr, $endpoint:expr, $attempt_timeout:expr) => {{
        let mut config = $sdk::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new($settings.region.clone()))
            .timeout_config(timeouts($attempt_timeout))
            // The time-out of an attempt is stricter. A long poll within this process moves no byte while it waits.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .http_client($settings.http.clone());
        config.set_endpoint_url($endpoint.clone());
        match &$settings.credentials {
            Some(credentials) => config = config.credentials_provider(credentials.clone()),
            None => {
                config = config.allow_no_auth();
                config.push_interceptor(SharedInterceptor::permanent(WithoutStatistics));
            }
        }
        $sdk::Client::from_conf(config.build())
    }};
}

/// Region, credentials and endpoints. Clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    region: String,
    /// `None`: requests are not signed.
    pub(crate) credentials: Option<Credentials>,
    dynamodb_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    sesv2_endpoint: Option<String>,
    pub(crate) ssm_endpoint: Option<String>,
    pub(crate) secretsmanager_endpoint: Option<String>,
    pub(crate) http: SharedHttpClient,
    attempt_timeout: Duration,
}

impl AwsSettings {
    /// Reads region and credentials as Lambda sets them. `AWS_ENDPOINT_URL_DYNAMODB`, and the same of `SQS`, `SESV2`,
    /// `SSM` and `SECRETS_MANAGER`, or `AWS_ENDPOINT_URL` for all of them, replace AWS's own endpoints.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::from_variables(env::optional)
    }

    /// The same, with a lookup other than the environment.
    pub fn from_variables(variable: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Self> {
        let required = |name: &str| {
            variable(name)?.with_context(|| format!("the environment variable {name} is not set: set it to reach AWS"))
        };
        let everywhere = variable("AWS_ENDPOINT_URL")?;
        let endpoint = |name: &str| anyhow::Ok(variable(name)?.or_else(|| everywhere.clone()));
        let region = match variable("AWS_REGION")? {
            Some(region) => region,
            None => variable("AWS_DEFAULT_REGION")?
                .context("the environment variable AWS_REGION is not set: set it to reach AWS")?,
        };
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN")?,
            None,
            "environment",
        );
        let (dynamodb, sqs) = (endpoint("AWS_ENDPOINT_URL_DYNAMODB")?, endpoint("AWS_ENDPOINT_URL_SQS")?);
        let is_function = variable("AWS_LAMBDA_FUNCTION_NAME")?.is_some();
        let roots = Roots::of(is_function, &region, &[&dynamodb, &sqs]);
        Ok(Self {
            ssm_endpoint: endpoint("AWS_ENDPOINT_URL_SSM")?,
            secretsmanager_endpoint: endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER")?,
            ..Self::new(region, credentials, roots, dynamodb, sqs, endpoint("AWS_ENDPOINT_URL_SESV2")?)
        })
    }

    /// For the services of this machine, which `http` reaches: the endpoints are names that lead nowhere. Nobody checks
    /// signatures there, and to sign takes a tenth of a request's time. Nor does anybody count versions and attempts.
    pub fn local(http: SharedHttpClient) -> Self {
        let service = |name: &str| Some(format!("http://{name}.local"));
        Self {
            region: "us-east-1".into(),
            credentials: None,
            dynamodb_endpoint: service("dynamodb"),
            sqs_endpoint: service("sqs"),
            sesv2_endpoint: service("email"),
            ssm_endpoint: service("ssm"),
            secretsmanager_endpoint: service("secretsmanager"),
            http,
            attempt_timeout: LOCAL_ATTEMPT_TIMEOUT,
        }
    }

    fn new(
        region: String,
        credentials: Credentials,
        roots: Roots,
        dynamodb_endpoint: Option<String>,
        sqs_endpoint: Option<String>,
        sesv2_endpoint: Option<String>,
    ) -> Self {
        let http = https::client(roots);
        let attempt_timeout = ATTEMPT_TIMEOUT;
        Self {
            region,
            credentials: Some(credentials),
            dynamodb_endpoint,
            sqs_endpoint,
            sesv2_endpoint,
            ssm_endpoint: None,
            secretsmanager_endpoint: None,
            http,
            attempt_timeout,
        }
    }

    pub(crate) fn timeouts(&self) -> TimeoutConfig {
        timeouts(self.attempt_timeout)
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        client!(aws_sdk_dynamodb, self, self.dynamodb_endpoint, self.attempt_timeout)
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        client!(aws_sdk_sqs, self, self.sqs_endpoint, self.attempt_timeout)
    }

    pub fn sesv2(&self) -> aws_sdk_sesv2::Client {
        client!(aws_sdk_sesv2, self, self.sesv2_endpoint, MAIL_ATTEMPT_TIMEOUT)
    }
}

/// Leaves out the headers about the SDK and its attempts.
#[derive(Debug)]
struct WithoutStatistics;

impl Intercept for WithoutStatistics {
    fn name(&self) -> &'static str {
        "WithoutStatistics"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        const CAUSE: &str = "nobody on this machine reads it";
        let state = config.interceptor_state();
        state.store_put(disable_interceptor::<UserAgentInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<RequestInfoInterceptor>(CAUSE));
        state.store_put(disable_interceptor::<InvocationIdInterceptor>(CAUSE));
        Ok(())
    }
}

fn timeouts(attempt: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(attempt).build()
}

/// For finding credentials: some are asked for over the network.
pub fn http_client() -> SharedHttpClient {
    https::client(Roots::System)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMBDA: [(&str, &str); 4] = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "very secret"),
        ("AWS_SESSION_TOKEN", "very secret token"),
    ];

    fn settings(variables: &[(&str, &str)]) -> anyhow::Result<AwsSettings> {
        AwsSettings::from_variables(|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            Ok(found.map(|(_, value)| value.to_string()))
        })
    }

    #[test]
    fn lambda_environment_is_enough() {
        let settings = settings(&LAMBDA).unwrap();
        assert_eq!(settings.region, "eu-central-1");
        assert_eq!(settings.credentials.unwrap().session_token(), Some("very secret token"));
        assert_eq!((settings.dynamodb_endpoint, settings.sqs_endpoint), (None, None));
    }

    #[test]
    fn a_missing_variable_is_named() {
        for (missing, _) in &LAMBDA[..3] {
            let rest: Vec<_> = LAMBDA.into_iter().filter(|(name, _)| name != missing).collect();
            let error = settings(&rest).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }

    #[test]
    fn endpoint_of_a_service_overrides_the_general_one() {
        let mut variables = LAMBDA.to_vec();
        variables.push(("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
        variables.push(("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2"));
        let settings = settings(&variables).unwrap();
        assert_eq!(settings.dynamodb_endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(settings.sqs_endpoint.as_deref(), Some("http://127.0.0.1:2"));
    }

    /// A server that takes connections and never answers, as a connection is after the function was frozen.
    #[tokio::test]
    async fn request_that_is_never_answered_ends() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let attempt_timeout = Duration::from_millis(50);
        let mut variables = LAMBDA.to_vec();
        variables.push(("AWS_ENDPOINT_URL", &url));
        let settings = AwsSettings { attempt_timeout, ..settings(&variables).unwrap() };
        let began = std::time::Instant::now();
        assert!(settings.dynamodb().list_tables().send().await.is_err());
        assert!(settings.sqs().list_queues().send().await.is_err());
        assert!(began.elapsed() < ATTEMPT_TIMEOUT * 2, "{:?}", began.elapsed());
    }

    /// The SDK would end a long poll within this process before its time, since it moves no byte.
    #[test]
    fn no_client_takes_waiting_for_a_stall() {
        let settings = settings(&LAMBDA).unwrap();
        let (dynamodb, sqs, sesv2) = (settings.dynamodb(), settings.sqs(), settings.sesv2());
        let protections = [
            dynamodb.config().stalled_stream_protection(),
            sqs.config().stalled_stream_protection(),
            sesv2.config().stalled_stream_protection(),
        ];
        assert!(protections.iter().all(|protection| protection.is_some_and(|it| !it.is_enabled())), "{protections:?}");
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let text = format!("{:?}", settings(&LAMBDA).unwrap());
        assert!(!text.contains("very secret"), "{text}");
    }
}
