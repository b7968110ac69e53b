//! `catalogue apply`: the patch of an instance brings a file to what was found, or leaves it as it is.
use std::fs;

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
