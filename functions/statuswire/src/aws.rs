//! Region and credentials for a deployed stack, found where AWS's own tools find them: variables, the profile that
//! `AWS_PROFILE` names with its SSO session, role or process, the container, the instance. Only here: a Lambda function
//! gets its own in variables.
use std::error::Error as _;

use anyhow::Context as _;
use aws_config::BehaviorVersion;
use aws_credential_types::provider::{ProvideCredentials as _, error::CredentialsError};
use startup::{
    aws::{AwsSettings, http_client},
    env,
};

/// Finds them, or says what to do.
pub(crate) async fn settings() -> anyhow::Result<AwsSettings> {
    let found = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client()).load().await;
    let region = found.region().context(
        "no AWS region found: set AWS_REGION, or `region` in the profile that AWS_PROFILE names (`aws configure`)",
    )?;
    let credentials = found.credentials_provider().context("AWS credentials are turned off")?;
    // Once: a command ends long before they do. What is missing is said at once, and not as a failed request.
    let credentials = credentials.provide_credentials().await.map_err(explain)?;
    AwsSettings::from_variables(|name| {
        Ok(match name {
            "AWS_REGION" => Some(region.to_string()),
            "AWS_ACCESS_KEY_ID" => Some(credentials.access_key_id().to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(credentials.secret_access_key().to_owned()),
            "AWS_SESSION_TOKEN" => credentials.session_token().map(str::to_owned),
            "AWS_ENDPOINT_URL" => found.endpoint_url().map(str::to_owned),
            other => env::optional(other)?,
        })
    })
}

fn explain(error: CredentialsError) -> anyhow::Error {
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) {
        return anyhow::anyhow!(
            "no AWS credentials found: sign in with `aws sso login` or `aws configure`, name a profile in AWS_PROFILE, or \
             set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        );
    }
    let causes = std::iter::successors(error.source(), |cause| (*cause).source());
    let reasons: Vec<String> = causes.map(ToString::to_string).collect();
    anyhow::anyhow!(
        "AWS credentials could not be loaded ({error}: {}): if the profile signs in by SSO, run `aws sso login`",
        reasons.join(": ")
    )
}
