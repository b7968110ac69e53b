//! Secrets that a setting names instead of holding: a parameter of AWS Systems Manager or a secret of Secrets Manager,
//! by its ARN. They are read once, when a process starts. A setting that is no such ARN is the value itself, as on one
//! machine. Errors name the reference and never a value.
//!
//! Both services take one JSON request, so it is signed and sent here; their SDKs are not needed: decision 37.
use std::{borrow::Cow, fmt, time::SystemTime};

use anyhow::{Context as _, bail};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_sdk_sqs::config::{Credentials, retry::RetryConfig};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime::client::{
    orchestrator::operation::Operation,
    retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier},
};
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput},
    runtime_plugin::StaticRuntimePlugin,
};
use aws_smithy_types::{
    body::SdkBody,
    config_bag::Layer,
    error::metadata::{ErrorMetadata, ProvideErrorMetadata},
};
use serde_json::{Value, json};

use crate::aws::{AwsSettings, MAX_ATTEMPTS};

const CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// `arn:PARTITION:ssm:REGION:ACCOUNT:parameter/NAME` or `arn:PARTITION:secretsmanager:REGION:ACCOUNT:secret:NAME`; both
/// may end with `#KEY`, for one text of a value that is a JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Reference<'a> {
    /// Without the key.
    arn: &'a str,
    partition: &'a str,
    service: Service,
    region: &'a str,
    key: Option<&'a str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Ssm,
    SecretsManager,
}

/// What was read. Its `Debug` output, which the SDK may log, does not show it.
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl AwsSettings {
    /// The secret itself: `value`, or what `value` refers to. `name`: of the setting, for errors.
    pub async fn secret(&self, name: &str, value: String) -> anyhow::Result<String> {
        let Some(reference) = Reference::parse(&value) else { return Ok(value) };
        let read = async { reference.pick(self.read_secret(reference).await?) };
        read.await.with_context(|| format!("{name} refers to {value}"))
    }

    async fn read_secret(&self, reference: Reference<'_>) -> anyhow::Result<Secret> {
        let service = reference.service;
        let own = match service {
            Service::Ssm => &self.ssm_endpoint,
            Service::SecretsManager => &self.secretsmanager_endpoint,
        };
        let endpoint = own.clone().unwrap_or_else(|| reference.endpoint());
        let (url, region, credentials) = (endpoint.clone(), reference.region.to_owned(), self.credentials.clone());
        let mut sensitive = Layer::new("secrets");
        sensitive.store_put(SensitiveOutput);
        let operation = Operation::builder()
            .service_name(service.name())
            .operation_name(service.operation())
            .http_client(self.http.clone())
            .endpoint_url(&endpoint)
            .no_auth()
            .timeout_config(self.timeouts())
            .standard_retry(&RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<NotRead>::new())
            // Throttling is a status 400: Systems Manager answers so from 40 requests a second on.
            .retry_classifier(AwsErrorCodeClassifier::<NotRead>::default())
            .runtime_plugin(StaticRuntimePlugin::new().with_config(sensitive.freeze()))
            .serializer(move |body: String| Ok(request(service, &url, &region, credentials.as_ref(), body)?))
            .deserializer(move |response: &HttpResponse| service.read(response).map_err(OrchestratorError::operation))
            .build();
        let read = operation.invoke(service.body(reference.arn)).await;
        read.map_err(|error| match error.as_service_error() {
            Some(error) => anyhow::anyhow!("{error}"),
            None => anyhow::anyhow!("{} was not reached at {endpoint}", service.name()),
        })
    }
}

/// Why a service gave no secret, with its code by which throttling is known.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct NotRead {
    text: String,
    code: ErrorMetadata,
}

impl NotRead {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), code: ErrorMetadata::default() }
    }
}

impl ProvideErrorMetadata for NotRead {
    fn meta(&self) -> &ErrorMetadata {
        &self.code
    }
}

/// A signed request, or one without a signature if there are no credentials.
fn request(
    service: Service,
    url: &str,
    region: &str,
    credentials: Option<&Credentials>,
    body: String,
) -> anyhow::Result<HttpRequest> {
    let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", service.target())];
    let mut signature: Vec<(Cow<'static, str>, String)> = Vec::new();
    if let Some(credentials) = credentials {
        let identity = credentials.clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(service.name())
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?;
        let signable = SignableRequest::new("POST", url, headers.into_iter(), SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &parameters.into())?.into_parts();
        let (signed, _) = instructions.into_parts();
        signature = signed.iter().map(|header| (header.name().into(), header.value().to_owned())).collect();
    }
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method("POST")?;
    // The endpoint that the operation has is put before it.
    request.set_uri("/")?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value)?;
    }
    for (name, value) in signature {
        request.headers_mut().try_insert(name, value)?;
    }
    Ok(request)
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Ssm => "ssm",
            Self::SecretsManager => "secretsmanager",
        }
    }

    fn operation(self) -> &'static str {
        match self {
            Self::Ssm => "GetParameter",
            Self::SecretsManager => "GetSecretValue",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::Ssm => "AmazonSSM.GetParameter",
            Self::SecretsManager => "secretsmanager.GetSecretValue",
        }
    }

    fn body(self, arn: &str) -> String {
        match self {
            Self::Ssm => json!({"Name": arn, "WithDecryption": true}),
            Self::SecretsManager => json!({"SecretId": arn}),
        }
        .to_string()
    }

    /// An error says what the service said, which holds no secret, and what to do.
    fn read(self, response: &HttpResponse) -> Result<Secret, NotRead> {
        let body: Value = serde_json::from_slice(response.body().bytes().unwrap_or_default()).unwrap_or_default();
        if !response.status().is_success() {
            let kind = body["__type"].as_str().unwrap_or("an unknown error");
            let kind = kind.rsplit('#').next().unwrap_or(kind);
            let text = match kind {
                "AccessDeniedException" => {
                    format!(
                        "{kind}: allow {}:{} on it, and kms:Decrypt on a key of your own",
                        self.name(),
                        self.operation()
                    )
                }
                "ParameterNotFound" | "ResourceNotFoundException" => format!("{kind}: create it, or name another one"),
                _ => format!("{} answered {}: {kind}", self.name(), response.status().as_u16()),
            };
            return Err(NotRead { text, code: ErrorMetadata::builder().code(kind).build() });
        }
        let value = match self {
            Self::Ssm => &body["Parameter"]["Value"],
            Self::SecretsManager => &body["SecretString"],
        };
        match value.as_str() {
            Some(value) => Ok(Secret(value.to_owned())),
            None => Err(NotRead::new("it holds no text: store one")),
        }
    }
}

impl<'a> Reference<'a> {
    /// `None`: it is a value.
    fn parse(value: &'a str) -> Option<Self> {
        let (arn, key) = match value.split_once('#') {
            Some((arn, key)) => (arn, Some(key)),
            None => (value, None),
        };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", partition, service, region, _, resource] = parts[..] else { return None };
        let service = match service {
            "ssm" if resource.starts_with("parameter/") => Service::Ssm,
            "secretsmanager" if resource.starts_with("secret:") => Service::SecretsManager,
            _ => return None,
        };
        Some(Self { arn, partition, service, region, key })
    }

    fn endpoint(&self) -> String {
        let suffix = if self.partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
        format!("https://{}.{}.{suffix}", self.service.name(), self.region)
    }

    /// The whole value, or the text under the reference's key.
    fn pick(&self, Secret(value): Secret) -> anyhow::Result<String> {
        let Some(key) = self.key else { return Ok(value) };
        let Ok(Value::Object(mut texts)) = serde_json::from_str(&value) else {
            bail!("it is no JSON object, so it has no key {key}: leave out #{key}, or store an object");
        };
        match texts.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => bail!("it has no text under the key {key}: store one, or name another key"),
        }
    }
}

#[cfg(test)]
mod tests;
