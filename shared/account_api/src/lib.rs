//! The API of an account as data: its operations, its answers, and its part of the `OpenAPI` document. The console
//! serves each operation of [`operations`], the web function describes them in the document of the whole API; since
//! both go through this list, neither has one that the other does not know. Pure.
mod answers;
mod document;
mod operations;

pub use answers::{
    Account, Attempt, BoardState, ConsentAsked, Deliveries, Delivery, DeliveryDraft, DestinationState, Invitation,
    InvitationDraft, Invitations, MadeToken, Member, Members, Meta, Mute, MuteDraft, Muted, Mutes, PageState, Problem,
    RoleDraft, TestSent, Token, TokenDraft, TokenOf, Tokens,
};
pub use document::{SECURITY_SCHEME, document, security_scheme};
pub use operations::{Action, Kind, Operation, ROOT, operations};
