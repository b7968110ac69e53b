//! Traces by OpenTelemetry: spans are kept while a function works and sent over OTLP (HTTP with Protocol Buffers) when
//! it is done, because Lambda stops the process right after that. Off unless an endpoint is set, and then nothing is
//! made. Spans hold ids and what the log says, which is free of secrets.
use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use anyhow::Context as _;
use opentelemetry::{
    Context,
    propagation::{Extractor, Injector, TextMapPropagator as _},
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Span as SdkSpan, SpanData, SpanExporter as _, SpanProcessor},
};
use queue::traces::Traces;
use startup::{env, tracing::SpanLayer};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Registry;

const TRACEPARENT: &str = "traceparent";
/// For sending the spans of one invocation; what takes longer is lost.
const SEND_WITHIN: Duration = Duration::from_secs(2);
/// Kept until they are sent; those beyond are dropped.
const MAX_SPANS: usize = 2_048;

static EXPORT: OnceLock<Export> = OnceLock::new();

struct Export {
    finished: Finished,
    exporter: SpanExporter,
    /// Makes no spans any more once it is dropped.
    _provider: SdkTracerProvider,
}

/// `OTEL_EXPORTER_OTLP_ENDPOINT`: where spans are sent, as in `http://localhost:4318`; without it there are none. The
/// service is the Lambda function, or `handler` where it has no name.
pub fn from_env(handler: &str) -> anyhow::Result<Option<SpanLayer>> {
    let Some(endpoint) = env::optional("OTEL_EXPORTER_OTLP_ENDPOINT")? else { return Ok(None) };
    let function = env::optional("AWS_LAMBDA_FUNCTION_NAME")?;
    install(&endpoint, function.as_deref().unwrap_or(handler)).map(Some)
}

/// Sends the spans of this process there from now on, once they reach the layer. Fails the second time.
pub fn install(endpoint: &str, service: &str) -> anyhow::Result<SpanLayer> {
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let mut exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/')))
        .with_http_client(http_client()?)
        .build()
        .context("the exporter of spans cannot be made: check OTEL_EXPORTER_OTLP_ENDPOINT")?;
    exporter.set_resource(&resource);
    let finished = Finished::default();
    let provider = SdkTracerProvider::builder().with_resource(resource).with_span_processor(finished.clone()).build();
    let layer = tracing_opentelemetry::layer::<Registry>()
        .with_tracer(provider.tracer("statuswire"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false);
    let export = Export { finished, exporter, _provider: provider };
    anyhow::ensure!(EXPORT.set(export).is_ok(), "spans are sent somewhere already");
    queue::traces::install(Traces { current, follow, flush: || Box::pin(flush()) });
    Ok(Box::new(layer))
}

/// A client for a collector on this machine or, by HTTPS, elsewhere.
fn http_client() -> anyhow::Result<impl opentelemetry_http::HttpClient + 'static> {
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())
        .context("TLS towards the collector of spans")?
        .https_or_http()
        .enable_http1()
        .build();
    Ok(HyperClient::new(connector, SEND_WITHIN, None))
}

/// Spans that have ended and are not sent yet.
#[derive(Clone, Debug, Default)]
struct Finished(Arc<Mutex<Vec<SpanData>>>);

impl Finished {
    fn take(&self) -> Vec<SpanData> {
        std::mem::take(&mut *self.0.lock().expect("nothing panics while holding them"))
    }
}

impl SpanProcessor for Finished {
    fn on_start(&self, _: &mut SdkSpan, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        let mut spans = self.0.lock().expect("nothing panics while holding them");
        if spans.len() < MAX_SPANS {
            spans.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

async fn flush() {
    let Some(export) = EXPORT.get() else { return };
    let spans = export.finished.take();
    if !spans.is_empty()
        && let Err(error) = export.exporter.export(spans).await
    {
        tracing::warn!(%error, "spans were not sent");
    }
}

/// The span that is entered, as the header `traceparent` of W3C Trace Context says it.
fn current() -> Option<String> {
    let context = Span::current().context();
    context.span().span_context().is_valid().then(|| {
        let mut carrier = Carrier::default();
        TraceContextPropagator::new().inject_context(&context, &mut carrier);
        carrier.0
    })
}

/// Makes `span` a child of the one that the message names. What is no `traceparent` is ignored.
fn follow(span: &Span, traceparent: &str) {
    let context = TraceContextPropagator::new().extract(&Carrier(traceparent.to_owned()));
    if context.span().span_context().is_valid() && span.set_parent(context).is_err() {
        tracing::debug!("the span begins a trace of its own");
    }
}

/// Holds the one header.
#[derive(Default)]
struct Carrier(String);

impl Injector for Carrier {
    fn set(&mut self, key: &str, value: String) {
        if key == TRACEPARENT {
            self.0 = value;
        }
    }
}

impl Extractor for Carrier {
    fn get(&self, key: &str) -> Option<&str> {
        (key == TRACEPARENT).then_some(&self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec![TRACEPARENT]
    }
}
