//! Names of providers, for people.
use status::ids::ProviderId;
use store::StoredSettings;

/// By the account's own pages, then the catalogue; else the id.
pub(crate) fn provider_name(settings: &StoredSettings, id: &ProviderId) -> String {
    let own = settings.pages.iter().map(|page| &page.value.0).find(|page| page.id == *id);
    let known = own.map(|page| page.name.clone());
    let known = known.or_else(|| catalogue::find(id.as_str()).map(|entry| entry.name.to_owned()));
    known.unwrap_or_else(|| id.to_string())
}
