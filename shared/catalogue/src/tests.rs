//! The shipped catalogue, the problems of a bad one, and the search.
use super::*;

fn slugs(query: &str) -> Vec<&'static str> {
    search(query, 5).into_iter().map(|entry| entry.slug).collect()
}

fn first(query: &str) -> Option<&'static str> {
    slugs(query).first().copied()
}

#[test]
fn the_catalogue_is_in_order() {
    let problems: Vec<String> = check(csv()).iter().map(Problem::to_string).collect();
    assert!(problems.is_empty(), "providers.csv:{}", problems.join("\nproviders.csv:"));
    assert_eq!(entries().len(), csv().lines().count() - 1);
    assert_eq!(entries().len(), 5151);
}

#[test]
fn rows_are_written_as_they_were_read() {
    assert_eq!(write(read(csv()), csv()), csv());
    let other = csv().replace('\n', "\r\n");
    assert_eq!(write(read(&other), &other), other);
    let old = "slug,name,url,platform,category,source\na,\"A, B\",https://a.com,,,hand\n";
    assert!(check(old).is_empty());
    let new = "slug,name,url,platform,category,source,aliases\na,\"A, B\",https://a.com,,,hand,\n";
    assert_eq!(write(read(old), old), new);
}

/// Problems of a file with these rows, each as `line: what`.
fn problems(rows: &[&str]) -> Vec<String> {
    let csv = format!("slug,name,url,platform,category,source,aliases\n{}\n", rows.join("\n"));
    check(&csv).into_iter().map(|problem| format!("{}: {}", problem.line, problem.message)).collect()
}

#[test]
fn every_mistake_is_named_with_its_line() {
    let cases: [(&[&str], &[&str]); 17] = [
        (&["a,A,https://a.com,,,,"], &[]),
        (&["a,A,https://a.com,,,"], &["2: has fewer than 7 fields"]),
        (&["", "a,A,https://a.com,,,,"], &["2: has fewer than 7 fields"]),
        (&["a,A,https://a.com,,,,,"], &["2: has more than 7 fields"]),
        (&["a,\"A,https://a.com,,,,"], &["2: a quoted field does not end"]),
        (&["a,\"A \"\"B\"\"\",https://a.com,,,,"], &["2: a quote within the field A "]),
        (&["a,A \"B\",https://a.com,,,,"], &["2: a quote within the field A \"B\""]),
        (&["A,A,https://a.com,,,,", "b--c,B,https://b.com,,,,"], &["2: \"A\" is no slug", "3: \"b--c\" is no slug"]),
        (&["a,,https://a.com,,,,"], &["2: a has no name"]),
        (&["a, A,https://a.com,,,,"], &["2: a has blanks around a field, or a hidden character"]),
        (&["a,A,https://a.com,Status Page,,,"], &["2: \"Status Page\" is no platform"]),
        (&["a,A,http://a.com,,,,"], &["2: \"http://a.com\" is not https"]),
        (&["a,A,https://a.com/,,,,"], &["2: \"https://a.com/\" ends with a slash"]),
        (&["a,A,https://a.com?b,,,,"], &["2: \"https://a.com?b\" has a query or a fragment"]),
        (&["a,A,https://A.com,,,,"], &["2: \"https://A.com\" is not in its usual form"]),
        (
            &["a,A,https://10.0.0.1,,,,", "b,B,https://b,,,,"],
            &["2: \"https://10.0.0.1\" names no public host", "3: \"https://b\" names no public host"],
        ),
        (
            &["a,A,https://a.com,,,,", "a,B,https://www.a.com,,,,C|c", "d,D,https://d.com,,,,b"],
            &[
                "3: a: \"c\" is no alias",
                "3: the slug a is that of line 2",
                "3: https://www.a.com is the page of line 2 as well",
                "4: the alias b is the name of line 3",
            ],
        ),
    ];
    for (rows, expected) in cases {
        assert_eq!(problems(rows), expected, "{rows:?}");
    }
    let private = "slug,name,url,platform,category,source\na,A,http://10.0.0.1:8080/b,,,\n";
    assert!(check_private(private).is_empty());
    for head in ["", "slug,name", "\u{feff}slug,name,url,platform,category,source"] {
        let found = check(head);
        assert_eq!(found.len(), 1, "{head:?}");
        assert_eq!(found[0].line, 1);
    }
}

#[test]
fn a_domain_with_one_page_leads_to_it() {
    assert_eq!(find_by_domain("openai.com").unwrap().slug, "openai");
    assert!(find_by_domain("statuspage.io").is_none());
    assert!(find_by_domain("example.com").is_none());
}

#[test]
fn a_mistyped_slug_is_answered_with_the_right_one() {
    assert_eq!(suggest("githb"), Some("github"));
    assert_eq!(suggest("Cluodflare"), Some("cloudflare"));
    assert_eq!(suggest("amazon-web"), Some("amazon-web-services"));
    assert_eq!(suggest("qqqqqqqqqqqqqqq"), None);
    assert_eq!(suggest(""), None);
}

#[test]
fn a_provider_is_found_by_name_alias_and_domain() {
    let cases = [
        ("github", "github"),
        ("GitHub status", "github"),
        ("git hub", "github"),
        ("gh", "github"),
        ("aws", "amazon-web-services"),
        ("AWS Status", "amazon-web-services"),
        ("gcp", "google-cloud"),
        ("google cloud", "google-cloud"),
        ("googlecloud", "google-cloud"),
        ("cloud google", "google-cloud"),
        ("ado", "azure-devops"),
        ("azure devops", "azure-devops"),
        ("twitter", "x-developer-platform"),
        ("o365", "microsoft-365"),
        ("digital ocean", "digitalocean"),
        ("wiki.js", "requarks"),
        ("monday.com", "monday-com"),
        ("let's encrypt", "lets-encrypt"),
        ("letsencrypt", "lets-encrypt"),
        ("status.openai.com", "openai"),
        ("https://status.openai.com/incidents/01ABC?x=1", "openai"),
        ("openai.com", "openai"),
        ("stripe.com", "stripe"),
        ("www.githubstatus.com", "github"),
        ("injixo.statuspage.io", "injixo"),
        ("W&B", "weights-and-biases"),
    ];
    for (query, slug) in cases {
        assert_eq!(first(query), Some(slug), "{query}: {:?}", slugs(query));
    }
}

#[test]
fn the_beginning_is_enough_and_the_best_known_comes_first() {
    assert_eq!(first("cloudf"), Some("cloudflare"));
    assert_eq!(first("stri"), Some("stripe"));
    assert_eq!(first("status.op"), Some("openai"));
    let atlassian = slugs("atlassian");
    assert_eq!(atlassian[0], "atlassian");
    assert!(slugs("g").contains(&"github"));
    // "Anthropic Claude" is better known than those in whose names it is a later word.
    assert_eq!(first("claude"), Some("anthropic-claude"));
}

#[test]
fn a_few_typing_errors_are_forgiven() {
    for (query, slug) in [
        ("githb", "github"),
        ("cluodflare", "cloudflare"),
        ("clodfla", "cloudflare"),
        ("slak", "slack"),
        ("digitl ocean", "digitalocean"),
        ("gogle workspace", "google-workspace"),
        ("aplhabet", ""),
    ] {
        let found = slugs(query);
        assert_eq!(found.contains(&slug), !slug.is_empty(), "{query}: {found:?}");
    }
    assert!(slugs("qqqqqqqqqqqqqqq").is_empty());
    // Three letters may be anything.
    assert!(slugs("zqx").is_empty());
}

#[test]
fn a_category_is_a_word_too() {
    assert_eq!(first("payments"), Some("stripe"));
    assert_eq!(first("category:payments"), Some("stripe"));
    assert!(search("category:payments", 1000).iter().all(|entry| entry.category == "payments"));
    assert_eq!(search("category:payments", 1000).len(), 421);
    assert_eq!(first("category:cdn stripe"), None);
    assert_eq!(first("cloudflare dns"), Some("cloudflare"));
    assert_eq!(first("category:dns"), Some("cloudflare"));
    assert!(slugs("category:nothing").is_empty());
    assert!(slugs("category:").is_empty());
}

#[test]
fn every_word_must_fit() {
    assert_eq!(slugs("google stripe"), Vec::<&str>::new());
    assert!(slugs("google ads").contains(&"google-ads"));
}

#[test]
fn an_entry_is_found_by_its_own_slug_and_name() {
    for entry in entries().iter().step_by(20) {
        for query in [entry.slug, entry.name] {
            let found = search(query, 20);
            assert!(found.contains(&entry), "{query}: {:?}", found.iter().map(|entry| entry.slug).collect::<Vec<_>>());
        }
    }
}

#[test]
fn hostile_queries_find_little_and_break_nothing() {
    let long = "a".repeat(1 << 20);
    let words = "ab ".repeat(1 << 16);
    let odd = [
        "",
        " ",
        ".",
        "..",
        "://",
        "https://",
        "category:",
        "\n",
        "\0",
        "İİİ.İ",
        "é",
        "🦀🦀.🦀",
        "-",
        "status status",
        "www.",
    ];
    for query in odd.iter().copied().chain([long.as_str(), words.as_str()]) {
        assert!(search(query, 5).len() <= 5, "{query:.20}");
        assert!(search(query, 0).is_empty());
    }
    assert!(search("", 5).is_empty());
    assert!(search("a", usize::MAX).len() <= entries().len());
}

#[test]
fn entry_is_found_by_each_of_its_names() {
    let github = find_by_name("GitHub").unwrap();
    assert_eq!(github.slug, "github");
    for name in ["github", " Git Hub ", "GIT-HUB"] {
        assert_eq!(find_by_name(name), Some(github), "{name}");
    }
    for entry in entries() {
        let found = find_by_name(entry.slug).unwrap();
        let key = |name: &str| name.replace(|c: char| !c.is_alphanumeric(), "").to_lowercase();
        let is_called_so = |name: &str| key(name) == key(entry.slug);
        assert!(is_called_so(found.slug) || is_called_so(found.name), "{} leads to {}", entry.slug, found.slug);
    }
    assert_eq!(find_by_name(""), None);
    assert_eq!(find_by_name(" - "), None);
}
