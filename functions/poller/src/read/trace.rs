//! What a read asked for and what came, by digests: the responses of a read that led to nothing need not be inflated
//! and parsed again as long as they are the same.
use formats::Request;
use outbound::{FetchError, Fetched, Validators};
use url::Url;

/// The requests of one read, in the order in which their need was found out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace {
    pub(crate) batches: Vec<Batch>,
}

/// Requests that were made together.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub(crate) requests: Vec<Request>,
    answers: Vec<Option<Seen>>,
    /// Of a single response.
    pub(crate) validators: Option<Validators>,
}

/// All that a reader is shown of a response, but for its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    digest: [u8; 16],
    final_url: Url,
}

impl Batch {
    pub(crate) fn of(requests: &[Request], fetched: &[Result<Fetched, FetchError>]) -> Self {
        let seen = |fetched: &Result<Fetched, FetchError>| {
            let fetched = fetched.as_ref().ok()?;
            let (digest, final_url) = (fetched.raw_digest, fetched.final_url.clone());
            Some(Seen { status: fetched.status, digest, final_url })
        };
        let validators = match fetched {
            [Ok(only)] => Some(only.validators.clone()).filter(|known| *known != Validators::default()),
            _ => None,
        };
        Self { requests: requests.to_vec(), answers: fetched.iter().map(seen).collect(), validators }
    }

    /// Whether the same came again. A server that knows our validators says so itself.
    pub(crate) fn is_again(&self, now: &Self, fetched: &[Result<Fetched, FetchError>]) -> bool {
        let is_unmodified = matches!(fetched, [Ok(only)] if only.not_modified());
        self.requests == now.requests && (is_unmodified || self.answers == now.answers)
    }
}
