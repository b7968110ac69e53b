//! What a test found, reported once at its end. A failure names the case, the document with what was put into it, and
//! what is wrong.
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

/// The place of a failure: a case, and what was done to it.
pub(crate) struct At<'a> {
    pub(crate) case: &'a str,
    pub(crate) document: &'a str,
    /// Field and what was put there, or how the document was damaged.
    pub(crate) how: &'a str,
}

/// The failures of one test. Those that differ only in how the document was damaged are one line.
#[derive(Default)]
pub(crate) struct Failures {
    of_cases: Vec<String>,
    /// By case, document and what is wrong: the first damage, and the number of all.
    of_documents: BTreeMap<[String; 3], (String, usize)>,
}

impl Failures {
    pub(crate) fn add(&mut self, case: &str, what: &str) {
        self.of_cases.push(format!("{case}: {what}"));
    }

    pub(crate) fn add_at(&mut self, at: &At<'_>, what: String) {
        let key = [at.case.to_owned(), at.document.to_owned(), what];
        self.of_documents.entry(key).or_insert_with(|| (at.how.to_owned(), 0)).1 += 1;
    }

    pub(crate) fn extend(&mut self, others: Self) {
        self.of_cases.extend(others.of_cases);
        self.of_documents.extend(others.of_documents);
    }

    /// The one panic of a test that found something.
    #[track_caller]
    pub(crate) fn report(self) {
        let lines = self.lines();
        assert!(lines.is_empty(), "{} failures:\n  {}\n", lines.len(), lines.join("\n  "));
    }

    pub(crate) fn lines(self) -> Vec<String> {
        let of_documents = self.of_documents.into_iter().map(|([case, document, what], (how, times))| {
            let more = if times > 1 { format!(" (and {} more like it)", times - 1) } else { String::new() };
            format!("{case}: {document}: {how}: {what}{more}")
        });
        self.of_cases.into_iter().chain(of_documents).collect()
    }
}

thread_local! {
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a format, and returns the message of its panic instead of printing it: the test prints it with the case.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| match IS_CAUGHT.get() {
            true => MESSAGE.set(info.to_string().replace('\n', " ")),
            false => usual(info),
        }));
    });
    IS_CAUGHT.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    IS_CAUGHT.set(false);
    result.map_err(|_| MESSAGE.take())
}

#[test]
fn a_failure_is_reported_once_with_case_document_and_field() {
    let mut failures = Failures::default();
    for how in ["/status = 7", "/status = null"] {
        failures.add_at(&At { case: "x/open", document: "api.json", how }, "incident 1 passes for ended".into());
    }
    failures.add("x/quiet", "cannot be read");
    let expected =
        ["x/quiet: cannot be read", "x/open: api.json: /status = 7: incident 1 passes for ended (and 1 more like it)"];
    assert_eq!(failures.lines(), expected);
}

#[test]
fn a_panic_of_a_format_is_a_message() {
    let message = caught(|| panic!("index out of bounds")).unwrap_err();
    assert!(message.contains("failures.rs") && message.ends_with("index out of bounds"), "{message}");
}
