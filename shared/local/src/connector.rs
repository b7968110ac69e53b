//! Clients of the SDK whose requests reach a service in this process, without a connection. The SDK signs, limits and
//! repeats them as it does for AWS.
use std::sync::Arc;

use aws_sdk_sqs::config::{
    SharedHttpClient,
    http::{HttpRequest, HttpResponse},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    result::ConnectorError,
};
use startup::aws::AwsSettings;

use crate::service::{Response, Service};

/// Settings of clients whose requests all go to `service`.
pub(crate) fn settings(service: Arc<dyn Service>) -> AwsSettings {
    AwsSettings::local(http_client(InProcess(service)))
}

/// An HTTP client that is this one connector.
pub(crate) fn http_client(connector: impl HttpConnector + 'static) -> SharedHttpClient {
    let connector = SharedHttpConnector::new(connector);
    http_client_fn(move |_, _| connector.clone())
}

/// The operation that a request names, and its input.
pub(crate) fn parts(request: &HttpRequest) -> Result<(String, Vec<u8>), ConnectorError> {
    let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
    let input = request.body().bytes().ok_or_else(|| ConnectorError::user("the body is a stream".into()))?;
    Ok((target, input.to_vec()))
}

/// The response as the SDK reads it.
pub(crate) fn http_response(response: Response) -> Result<HttpResponse, ConnectorError> {
    let status = response.status.try_into().map_err(|_| ConnectorError::io("no status of HTTP".into()))?;
    let mut http = HttpResponse::new(status, response.body.into());
    if let Some(error) = response.query_error {
        http.headers_mut().insert("x-amzn-query-error", error);
    }
    Ok(http)
}

#[derive(Debug)]
struct InProcess(Arc<dyn Service>);

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move {
            let (target, input) = parts(&request)?;
            http_response(service.perform(&target, &input).await)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Notes the names of the headers, and answers nothing of use.
    #[derive(Clone, Debug, Default)]
    struct Noting(Arc<Mutex<Vec<String>>>);

    impl HttpConnector for Noting {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            let names = request.headers().iter().map(|(name, _)| name.to_owned());
            self.0.lock().unwrap().extend(names);
            HttpConnectorFuture::ready(http_response(Response::ok("{}".to_owned())))
        }
    }

    #[tokio::test]
    async fn request_within_the_process_says_nothing_of_the_sdk() {
        let connector = Noting::default();
        let settings = AwsSettings::local(http_client(connector.clone()));
        settings.dynamodb().list_tables().send().await.unwrap();
        settings.sqs().list_queues().send().await.unwrap();
        let names = connector.0.lock().unwrap();
        assert!(names.iter().any(|name| name == "x-amz-target"), "{names:?}");
        assert!(!names.iter().any(|name| name.contains("user-agent") || name.starts_with("amz-sdk")), "{names:?}");
    }
}
