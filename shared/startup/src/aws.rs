//! The AWS clients, built from the environment by hand: the usual credential chain costs cold-start time and finds
//! nothing in Lambda that the environment does not say. Lambda's credentials are fixed for the life of the process, so
//! they are read once.
use anyhow::Context as _;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region, SharedHttpClient};
use aws_smithy_http_client::tls::{self, TlsContext, TrustStore, rustls_provider::CryptoMode};

use crate::env;

/// Where AWS is and who asks. Clones share one pool of connections.
#[derive(Clone, Debug)]
pub struct AwsSettings {
    region: String,
    credentials: Credentials,
    dynamodb_endpoint: Option<String>,
    sqs_endpoint: Option<String>,
    sesv2_endpoint: Option<String>,
    http: SharedHttpClient,
}

impl AwsSettings {
    /// Region and credentials as Lambda sets them; `AWS_ENDPOINT_URL_DYNAMODB`, `AWS_ENDPOINT_URL_SQS`,
    /// `AWS_ENDPOINT_URL_SESV2` or, for all, `AWS_ENDPOINT_URL` point to something else than AWS.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::from_variables(env::optional)
    }

    /// From variables that are not the environment's.
    pub fn from_variables(variable: impl Fn(&str) -> anyhow::Result<Option<String>>) -> anyhow::Result<Self> {
        let required = |name: &str| {
            variable(name)?
                .with_context(|| format!("the environment variable {name} is not set: AWS cannot be reached"))
        };
        let everywhere = variable("AWS_ENDPOINT_URL")?;
        let endpoint = |name: &str| anyhow::Ok(variable(name)?.or_else(|| everywhere.clone()));
        let region = match variable("AWS_REGION")? {
            Some(region) => region,
            None => variable("AWS_DEFAULT_REGION")?.context("the environment variable AWS_REGION is not set")?,
        };
        let credentials = Credentials::new(
            required("AWS_ACCESS_KEY_ID")?,
            required("AWS_SECRET_ACCESS_KEY")?,
            variable("AWS_SESSION_TOKEN")?,
            None,
            "environment",
        );
        let (dynamodb, sqs) = (endpoint("AWS_ENDPOINT_URL_DYNAMODB")?, endpoint("AWS_ENDPOINT_URL_SQS")?);
        Ok(Self::new(region, credentials, dynamodb, sqs, endpoint("AWS_ENDPOINT_URL_SESV2")?))
    }

    /// For stand-ins on this machine, which check neither region nor credentials.
    pub fn local(dynamodb_url: &str, sqs_url: &str) -> Self {
        let credentials = Credentials::new("local", "local", None, None, "local");
        Self::new("us-east-1".into(), credentials, Some(dynamodb_url.into()), Some(sqs_url.into()), None)
    }

    fn new(
        region: String,
        credentials: Credentials,
        dynamodb_endpoint: Option<String>,
        sqs_endpoint: Option<String>,
        sesv2_endpoint: Option<String>,
    ) -> Self {
        let plain = |endpoint: &Option<String>| endpoint.as_ref().is_some_and(|url| url.starts_with("http://"));
        let http = http_client(plain(&dynamodb_endpoint) && plain(&sqs_endpoint));
        Self { region, credentials, dynamodb_endpoint, sqs_endpoint, sesv2_endpoint, http }
    }

    pub fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone());
        config.set_endpoint_url(self.dynamodb_endpoint.clone());
        aws_sdk_dynamodb::Client::from_conf(config.build())
    }

    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone());
        config.set_endpoint_url(self.sqs_endpoint.clone());
        aws_sdk_sqs::Client::from_conf(config.build())
    }

    pub fn sesv2(&self) -> aws_sdk_sesv2::Client {
        let mut config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.http.clone());
        config.set_endpoint_url(self.sesv2_endpoint.clone());
        aws_sdk_sesv2::Client::from_conf(config.build())
    }
}

/// Reading the system's roots takes milliseconds, so they are left alone where no endpoint is HTTPS.
fn http_client(plain: bool) -> SharedHttpClient {
    let roots = TrustStore::empty().with_native_roots(!plain);
    let context = TlsContext::builder().with_trust_store(roots).build();
    aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::rustls(CryptoMode::Ring))
        .tls_context(context.expect("a trust store alone is a valid context"))
        .build_https()
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
        assert_eq!(settings.credentials.session_token(), Some("very secret token"));
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
    fn the_endpoint_of_a_service_wins_over_the_general_one() {
        let mut variables = LAMBDA.to_vec();
        variables.push(("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
        variables.push(("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:2"));
        let settings = settings(&variables).unwrap();
        assert_eq!(settings.dynamodb_endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(settings.sqs_endpoint.as_deref(), Some("http://127.0.0.1:2"));
    }

    #[test]
    fn secrets_stay_out_of_debug() {
        let text = format!("{:?}", settings(&LAMBDA).unwrap());
        assert!(!text.contains("very secret"), "{text}");
    }
}
