//! `catalogue export`: what an instance has found, as a patch. `catalogue apply`: the patch brings a file to what was
//! found, or leaves it as it is.
use std::{fs, path::Path};

use jiff::Timestamp;
use status::catalogue_overlay::OverlayRow;
use statuswire::{cli::InstanceArgs, instance::Instance};

use crate::command::statuswire;

const FILE: &str = "slug,name,url,platform,category,source,aliases\n\
                    acme,Acme,https://status.acme.com,statuspage,,,\n\
                    gone,Gone,https://status.gone.com,,,,\n";
const HEAD: &str = "slug,listed_url,listed_platform,url,platform,note\n";

#[tokio::test]
async fn patch_changes_the_file_and_names_what_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let [patch, file] = ["patch.csv", "providers.csv"].map(|name| folder.path().join(name));
    fs::write(&file, FILE).unwrap();
    let dead = "gone,https://status.gone.com,,,,dead since 2026-11-01\n";
    let lines = format!("{HEAD}acme,https://status.acme.com,statuspage,https://status.acme.io,instatus,\n{dead}");
    fs::write(&patch, lines).unwrap();
    let apply = ["catalogue", "apply", patch.to_str().unwrap(), file.to_str().unwrap()];
    let ran = statuswire(&apply).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("left    gone: for people: dead since 2026-11-01\nchanged acme\n"), "{}", ran.stdout);
    let changed = FILE.replace("https://status.acme.com,statuspage", "https://status.acme.io,instatus");
    assert_eq!(fs::read_to_string(&file).unwrap(), changed);

    fs::write(&patch, format!("{HEAD}acme,https://status.acme.io,instatus,http://10.0.0.1,,\n")).unwrap();
    let ran = statuswire(&apply).await;
    assert_eq!(ran.code, 1, "a patch that breaks a rule of the file is refused");
    assert_eq!(fs::read_to_string(&file).unwrap(), changed);
}

/// An instance that has found this.
async fn instance_with(data: &Path, overlay: &[OverlayRow]) {
    let args = InstanceArgs { data: data.to_owned(), stack: None, table: None, keys: None };
    let instance = Instance::open_or_create(&args).await.unwrap();
    for row in overlay {
        instance.store.put_overlay(row).await.unwrap();
    }
    instance.close().await;
}

#[tokio::test]
async fn export_is_a_patch_of_what_is_true_of_the_shipped_file_in_its_order() {
    let at: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
    let shipped = |slug: &str| {
        let entry = catalogue::find(slug).unwrap();
        OverlayRow::new(slug.into(), entry.url, entry.platform, at)
    };
    // In the store they are in the order of their slugs.
    let mut listed = ["github", "cloudflare", "openai"].map(|slug| (slug, catalogue::find(slug).unwrap()));
    listed.sort_by_key(|(_, entry)| catalogue::entries().iter().position(|row| row.slug == entry.slug));
    let overlay = [
        OverlayRow { platform: Some("openstatus".to_owned()), ..shipped("github") },
        OverlayRow { url: Some("https://status.cloudflare.example".to_owned()), ..shipped("cloudflare") },
        OverlayRow { dead_since: Some(at), ..shipped("openai") },
        OverlayRow {
            platform: Some("cachet".to_owned()),
            listed_url: "https://old.example".to_owned(),
            ..shipped("slack")
        },
        OverlayRow {
            platform: Some("cachet".to_owned()),
            ..OverlayRow::new("not-listed".into(), "https://x.example", "", at)
        },
    ];
    let folder = tempfile::tempdir().unwrap();
    let (data, out) = (folder.path().join("data"), folder.path().join("patch.csv"));
    instance_with(&data, &overlay).await;
    let export = ["catalogue", "export", "--data", data.to_str().unwrap()];
    let ran = statuswire(&export).await;
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = listed.map(|(slug, entry)| {
        let found = match slug {
            "github" => ",openstatus,",
            "cloudflare" => "https://status.cloudflare.example,,",
            _ => ",,dead since 2026-11-01",
        };
        format!("{slug},{},{},{found}\n", entry.url, entry.platform)
    });
    assert_eq!(ran.stdout, format!("{HEAD}{}", lines.concat()));
    let total = catalogue::entries().len();
    assert_eq!(ran.stderr, format!("3 rows of {total} are not as they are listed\n"));

    let to_file = statuswire(&[&export[..], &["--out", out.to_str().unwrap()]].concat()).await;
    assert_eq!((to_file.code, to_file.stdout.as_str()), (0, ""));
    assert_eq!(fs::read_to_string(&out).unwrap(), ran.stdout);

    let file = folder.path().join("providers.csv");
    fs::write(&file, catalogue::csv()).unwrap();
    let applied = statuswire(&["catalogue", "apply", out.to_str().unwrap(), file.to_str().unwrap()]).await;
    assert!(applied.stdout.ends_with("2 rows changed, 1 left\n"), "{} {}", applied.stdout, applied.stderr);
}
