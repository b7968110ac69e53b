//! The HTML part, checked when it is compiled; whatever is not markup of ours is escaped. Tables and inline styles are
//! for programs that know nothing else (Outlook, Gmail for other accounts than its own); `STYLE` only adds the dark
//! colours and the narrow layout where it is understood. Nothing is loaded from anywhere.
use markdown::Attributes;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::content::{Content, Update};
use crate::message::{Link, Tone};

/// Dark colours, by the classes below. `!important`, because inline styles would win.
const STYLE: &str = "\
:root{color-scheme:light dark;supported-color-schemes:light dark}\
@media (max-width:480px){.out{padding:0!important}.card{border-width:0!important;border-radius:0!important}\
.in{padding-left:16px!important;padding-right:16px!important}.label{width:104px!important}}\
@media (prefers-color-scheme:dark){.page{background:#111417!important}\
.card{background:#191d22!important;border-color:#2a3037!important}.line{border-color:#2a3037!important}\
.ink{color:#e6e9ed!important}.soft{color:#a2acb8!important}.link{color:#8fb4ff!important}\
.button{background:#e6e9ed!important;color:#16191d!important}\
.major{color:#ff8085!important}.minor{color:#f0bf45!important}.planned{color:#92b7ff!important}\
.good{color:#5fd39a!important}.quiet{color:#9aa5b1!important}\
.on-major{background:#ff8085!important}.on-minor{background:#f0bf45!important}.on-planned{background:#92b7ff!important}\
.on-good{background:#5fd39a!important}.on-quiet{background:#9aa5b1!important}\
.tint-major{background:#34181b!important}.tint-minor{background:#2a2209!important}\
.tint-planned{background:#17233d!important}.tint-good{background:#12271d!important}\
.tint-quiet{background:#1d2228!important}}";

const FONT: &str = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const INK: &str = "#16191d";
const SOFT: &str = "#59636f";
const LINE: &str = "#dde2e8";
const LINK: &str = "#2457c5";
/// Long words of the provider's must not widen the page.
const WRAP: &str = "overflow-wrap:anywhere;word-break:break-word";

/// What the provider wrote. The colour of its text is that of the element around it.
const TEXT: Attributes = Attributes {
    paragraph: " style=\"margin:0 0 8px\"",
    quote: " class=\"line\" style=\"margin:0 0 8px;padding:0 0 0 10px;border-left:2px solid #dde2e8\"",
    block: " style=\"margin:0 0 8px;font-family:Menlo,Consolas,monospace;font-size:13px;white-space:pre-wrap\"",
    list: " style=\"margin:0 0 8px;padding:0 0 0 22px\"",
    item: " style=\"margin:0\"",
    code: " style=\"font-family:Menlo,Consolas,monospace;font-size:13px\"",
    link: " class=\"link\" style=\"color:#2457c5\"",
    rule: " class=\"line\" style=\"border:0;border-top:1px solid #dde2e8;margin:8px 0\"",
};

pub(super) fn render(content: &Content<'_>) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width,initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="supported-color-schemes" content="light dark";
                // Phones would make links of numbers and dates.
                meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no";
                meta name="x-apple-disable-message-reformatting";
                title { (content.title) }
                style { (PreEscaped(STYLE)) }
            }
            body.page style={ "margin:0;padding:0;background:#f6f7f9;-webkit-text-size-adjust:100%;" (FONT) } {
                div style="display:none;max-height:0;overflow:hidden;mso-hide:all" { (content.preview) }
                table.page role="presentation" width="100%" cellpadding="0" cellspacing="0"
                    style="border-collapse:collapse;background:#f6f7f9" {
                    tr { td.out align="center" style="padding:24px 12px" { (card(content)) } }
                }
            }
        }
    }
    .into_string()
}

fn card(content: &Content<'_>) -> Markup {
    let tone = content.tone;
    html! {
        // The attribute is for Outlook, which does not know a largest width.
        table.card role="presentation" width="600" cellpadding="0" cellspacing="0"
            style={ "width:100%;max-width:600px;border-collapse:separate;background:#ffffff;text-align:left;\
                     border:1px solid " (LINE) ";border-radius:10px;overflow:hidden" } {
            tr {
                td class={ "on-" (tone.class()) } height="4"
                    style={ "height:4px;font-size:0;line-height:0;background:" (tone.colour()) } { "\u{a0}" }
            }
            tr {
                td class={ "in tint-" (tone.class()) } style={ "padding:16px 24px;background:" (tone.tint()) } {
                    (head(content))
                }
            }
            @for part in [updates(content), components(content), reasons(content), links(content)] {
                @if let Some(part) = part { tr { td.in style="padding:12px 24px 4px" { (part) } } }
            }
            tr {
                td.in style="padding:16px 24px 24px" {
                    p."line soft" style={ "margin:0;padding-top:12px;border-top:1px solid " (LINE)
                        ";font-size:12px;line-height:18px;color:" (SOFT) } {
                        (content.footer)
                        @if let Some(link) = &content.unsubscribe { " " (anchor(link, "white-space:nowrap")) }
                    }
                }
            }
        }
    }
}

fn head(content: &Content<'_>) -> Markup {
    html! {
        p.soft dir="auto" style={ "margin:0 0 2px;font-size:13px;line-height:18px;color:" (SOFT) ";" (WRAP) } {
            (content.name)
        }
        h1.ink dir="auto" style={ "margin:0;font-size:22px;line-height:28px;font-weight:600;color:" (INK) ";" (WRAP) } {
            (content.title)
        }
        p class=(content.tone.class()) style={ "margin:4px 0 0;font-size:15px;line-height:22px;font-weight:600;color:"
            (content.tone.colour()) ";" (WRAP) } { (content.state) }
        @if !content.facts.is_empty() {
            table role="presentation" width="100%" cellpadding="0" cellspacing="0"
                style="margin-top:12px;border-collapse:collapse" {
                @for (label, value) in &content.facts {
                    tr {
                        td."label soft" width="128" valign="top" style={ "width:128px;padding:2px 12px 2px 0;\
                            font-size:13px;line-height:20px;color:" (SOFT) } { (label) }
                        td.ink valign="top" style={ "padding:2px 0;font-size:13px;line-height:20px;color:" (INK) } {
                            (unbroken(value))
                        }
                    }
                }
            }
        }
        @for remark in &content.remarks {
            p.ink dir="auto" style={ "margin:12px 0 0;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } {
                (remark)
            }
        }
    }
}

fn updates(content: &Content<'_>) -> Option<Markup> {
    (!content.updates.is_empty()).then(|| {
        html! {
            @for Update { phase, at, body } in &content.updates {
                div.line style={ "margin:0 0 14px;padding:0 0 0 12px;border-left:3px solid " (LINE) } {
                    p.soft style={ "margin:0;font-size:13px;line-height:20px;color:" (SOFT) } {
                        b.ink style={ "font-weight:600;color:" (INK) } { (phase) }
                        @if let Some(at) = at { " · " (unbroken(at)) }
                    }
                    @if !body.is_empty() {
                        div.ink dir="auto" style={ "margin:3px 0 0;font-size:15px;line-height:23px;color:" (INK) ";"
                            (WRAP) } { (markdown::to_html(body, &TEXT)) }
                    }
                }
            }
            @if let Some(not_shown) = &content.not_shown { (small(not_shown)) }
        }
    })
}

/// A heading for each state, and below it the names of each group in a line.
fn components(content: &Content<'_>) -> Option<Markup> {
    let has_any = !content.lists.is_empty() || content.closing.is_some();
    has_any.then(|| {
        html! {
            @for list in content.lists {
                p class=(list.tone.class()) style={ "margin:0 0 2px;font-size:13px;line-height:20px;font-weight:600;color:"
                    (list.tone.colour()) } { (list.label) }
                div.ink dir="auto" style={ "margin:0 0 12px;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } {
                    @for (number, (group, names)) in list.by_group(content.names).iter().enumerate() {
                        @if number > 0 { br; }
                        @if let Some(group) = group { span.soft style={ "color:" (SOFT) } { (group) ": " } }
                        (names)
                    }
                    @if let Some(more) = list.more(content.names) { ", " (more) }
                }
            }
            @if let Some(closing) = content.closing {
                p.ink dir="auto" style={ "margin:0;font-size:15px;line-height:23px;color:" (INK) ";" (WRAP) } { (closing) }
            }
        }
    })
}

fn reasons(content: &Content<'_>) -> Option<Markup> {
    (!content.reasons.is_empty()).then(|| html! { @for reason in content.reasons { (small(reason)) } })
}

fn links(content: &Content<'_>) -> Option<Markup> {
    let (first, others) = content.links.split_first()?;
    Some(html! {
        a.button href=(first.url) style={ "display:inline-block;margin:4px 18px 4px 0;padding:8px 16px;\
            border-radius:6px;background:" (INK) ";color:#ffffff;font-size:15px;line-height:20px;font-weight:600;\
            text-decoration:none" } { (first.label) }
        @for other in others { (anchor(other, "display:inline-block;padding:8px 0;font-size:15px;line-height:20px")) }
    })
}

fn small(words: &str) -> Markup {
    html! { p.soft style={ "margin:0 0 6px;font-size:13px;line-height:20px;color:" (SOFT) } { (words) } }
}

fn anchor(link: &Link, style: &str) -> Markup {
    html! { a.link href=(link.url) style={ "color:" (LINK) ";" (style) } { (link.label) } }
}

/// Keeps the brackets at the end (the time in UTC) on one line.
fn unbroken(value: &str) -> Markup {
    let (value, brackets) = match value.split_once(" (") {
        Some((value, brackets)) => (value, Some(brackets)),
        None => (value, None),
    };
    html! {
        (value)
        @if let Some(brackets) = brackets { " " span style="white-space:nowrap" { "(" (brackets) } }
    }
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Planned => "planned",
            Self::Good => "good",
            Self::Quiet => "quiet",
        }
    }

    /// Behind the head. The colours are those of the pages, and so are sizes and distances.
    fn tint(self) -> &'static str {
        match self {
            Self::Major => "#fdebec",
            Self::Minor => "#fdf3d7",
            Self::Planned => "#eaf0fc",
            Self::Good => "#e8f6ee",
            Self::Quiet => "#f1f3f5",
        }
    }

    /// On white and on its tint, each with a contrast of 4.5 at least.
    fn colour(self) -> &'static str {
        match self {
            Self::Major => "#c0262d",
            Self::Minor => "#8a5a00",
            Self::Planned => "#2e5fb8",
            Self::Good => "#1a7f4b",
            Self::Quiet => "#5d6773",
        }
    }
}
