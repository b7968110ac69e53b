//! What `[instance]` keeps secret.
use crate::config_file::check;

#[test]
fn a_password_makes_the_instance_private_and_is_not_shown() {
    let env = |name: &str| (name == "WEB_PASSWORD").then(|| "correct horse battery".to_owned());
    let config = check("[instance]\npassword = \"env:WEB_PASSWORD\"\n", &env).unwrap();
    assert_eq!(config.password, Some(web::Password::new("correct horse battery")));
    assert!(!format!("{config:?}").contains("horse"));
    let diagnostics = check("[instance]\npassword = \"secret\"\n", &env).unwrap_err();
    assert_eq!((diagnostics[0].line, diagnostics[0].message.as_str()), (2, "instance: password: is too short"));
}

#[test]
fn a_heartbeat_is_a_secret_url_that_the_guard_allows() {
    let env = |name: &str| (name == "HEARTBEAT_URL").then(|| "https://hc-ping.com/5f3a-hidden".to_owned());
    let config = check("[instance]\nheartbeat_url = \"env:HEARTBEAT_URL\"\n", &env).unwrap();
    assert_eq!(config.heartbeat, Some("https://hc-ping.com/5f3a-hidden".parse().unwrap()));
    assert!(!format!("{config:?}").contains("hidden"));
    for (url, said) in [
        ("hidden", "instance: heartbeat_url: is not a URL"),
        ("ftp://hidden.example/", "instance: heartbeat_url: is not an http or https URL"),
        (
            "http://kuma.example/hidden",
            "instance: heartbeat_url: the connection to kuma.example would not be encrypted",
        ),
        ("http://10.0.0.1:3001/hidden", "instance: heartbeat_url: 10.0.0.1 is not on the public internet"),
    ] {
        let diagnostics = check(&format!("[instance]\nheartbeat_url = \"{url}\"\n"), &env).unwrap_err();
        assert_eq!((diagnostics.len(), diagnostics[0].message.as_str()), (1, said), "{url}");
    }
    let allowed = "[network]\nallow = [\"10.0.0.0/8\"]\n[instance]\nheartbeat_url = \"http://10.0.0.1:3001/push\"\n";
    assert!(check(allowed, &env).unwrap().heartbeat.is_some());
}
