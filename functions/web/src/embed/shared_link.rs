//! What a page says of itself to those who unfold a link to it: Slack, Discord, mail programs. They need whole URLs,
//! and a visitor may claim any host: so all of this takes `public_url`.
use maud::{Markup, html};
use status::ids::digest;

use super::{
    oembed,
    picture::{HEIGHT, WIDTH},
    subject::Subject,
};
use crate::state::Web;

/// For the `head` element, besides [`crate::layout::frame::social_meta`]. `description` changes with the state.
pub(crate) fn head(web: &Web, subject: &Subject, title: &str, description: &str) -> Markup {
    let Some(base) = &web.public_url else { return html! {} };
    // Who unfolds links keeps pictures by their URL: another state has another one.
    let version = &digest(&[title, description])[..8];
    let picture = format!("{base}{}?v={version}", subject.picture());
    let page = format!("{base}{}", subject.page());
    html! {
        meta property="og:url" content=(page);
        meta property="og:image" content=(picture);
        meta property="og:image:type" content="image/png";
        meta property="og:image:width" content=(WIDTH);
        meta property="og:image:height" content=(HEIGHT);
        meta property="og:image:alt" content=(description);
        meta name="twitter:card" content="summary_large_image";
        link rel="alternate" type="application/json+oembed" title=(title) href={ (base) (oembed::path(&page)) };
    }
}
