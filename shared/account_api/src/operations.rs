//! What the API of an account can do. An operation is one method of one path.
use accounts::role::Right;
use http::Method;

/// All paths begin with this, and nothing else does.
pub const ROOT: &str = "/api/v1/account";

/// A kind of setting, each with the same five operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Monitors,
    Groups,
    Destinations,
    Pages,
    Boards,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Account,
    Members,
    Tokens,
    Deliveries,
    Member,
    ChangeRole,
    RemoveMember,
    Invitations,
    Invite,
    Withdraw,
    MakeToken,
    RevokeToken,
    /// Sends a delivery once more.
    Repeat,
    /// Sends a test to a destination.
    Test,
    /// Asks the owner of a destination's mail address.
    AskConsent,
    Mutes,
    Mute,
    Unmute,
    List(Kind),
    Make(Kind),
    Read(Kind),
    Replace(Kind),
    Remove(Kind),
}

#[derive(Clone, Debug)]
pub struct Operation {
    pub action: Action,
    pub method: Method,
    /// With `{id}` where it names one.
    pub path: String,
    /// `listMonitors`
    pub id: String,
    pub title: String,
    pub description: &'static str,
}

impl Kind {
    pub const ALL: [Self; 5] = [Self::Monitors, Self::Groups, Self::Destinations, Self::Pages, Self::Boards];

    /// In paths, and of the list in an answer.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Monitors => "monitors",
            Self::Groups => "groups",
            Self::Destinations => "destinations",
            Self::Pages => "pages",
            Self::Boards => "boards",
        }
    }

    pub fn singular(self) -> &'static str {
        self.plural().trim_end_matches('s')
    }

    /// `Monitor`
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Monitors => "Monitor",
            Self::Groups => "Group",
            Self::Destinations => "Destination",
            Self::Pages => "Page",
            Self::Boards => "Board",
        }
    }

    fn description(self, action: Action) -> &'static str {
        match (self, action) {
            (Self::Monitors, Action::List(_)) => "What the account watches, those of the configuration file included.",
            (Self::Groups, Action::List(_)) => "Who is alerted of what.",
            (Self::Destinations, Action::List(_)) => {
                "Where alerts go. Secret settings, such as the URL of a webhook, are never in an answer."
            }
            (Self::Pages, Action::List(_)) => {
                "Status pages that are not in the catalogue. Only the accounts that added one see it."
            }
            (Self::Boards, Action::List(_)) => {
                "Pages for people outside of the account, with providers that it chose. `path` is where a board is: it is \
                 a secret unless the board is public."
            }
            (Self::Destinations, Action::Make(_)) => {
                "Makes a destination. The first one of an account is put into its Default group. Whoever reads the mail of \
                 an address has to consent before it gets alerts."
            }
            (Self::Pages, Action::Make(_)) => {
                "Adds a page. One with a login is read with it, and what is read is for this account alone; without a login, \
                 accounts that add one page share what is read of it."
            }
            (_, Action::Make(_)) => {
                "Makes one. An `Idempotency-Key` makes sure that a repeated request makes no second."
            }
            (Self::Destinations, Action::Replace(_)) => {
                "Replaces all settings of this version, but secret ones that are left out stay as they are. One that is null \
                 is forgotten; `secrets` names those that are stored."
            }
            (Self::Pages, Action::Replace(_)) => {
                "Replaces this version. The URL stays: the ID follows from it. A login that is left out stays as it is, and \
                 null removes it. To a page that was added without one none can be added: add the page once more."
            }
            (Self::Boards, Action::Replace(_)) => {
                "Replaces this version. With another kind of address it gets a new one, and the one before leads nowhere."
            }
            (_, Action::Replace(_)) => "Replaces this version; what is left out gets its default.",
            (Self::Groups, Action::Remove(_)) => "Removes this version. The Default group stays.",
            (Self::Pages, Action::Remove(_)) => "Removes this version. Refused while a monitor watches the page.",
            (Self::Boards, Action::Remove(_)) => "Removes this version. Its address leads nowhere then.",
            (_, Action::Remove(_)) => "Removes this version, also from the groups that name it.",
            _ => "With its version in `ETag`, for `If-Match`.",
        }
    }
}

impl Action {
    /// What a token needs.
    pub fn right(self) -> Right {
        match self {
            Self::Mute | Self::Unmute | Self::Make(_) | Self::Replace(_) | Self::Remove(_) => Right::Edit,
            Self::Repeat | Self::Test | Self::AskConsent => Right::Edit,
            Self::ChangeRole | Self::RemoveMember | Self::Invite | Self::Withdraw => Right::Administer,
            Self::MakeToken | Self::RevokeToken => Right::Administer,
            // The pages show them to owners alone, too.
            Self::Invitations | Self::Tokens => Right::Administer,
            _ => Right::Read,
        }
    }
}

/// All of them, by path.
pub fn operations() -> Vec<Operation> {
    let reads = [
        (Action::Account, "", "getAccount", "The account", "The account of the token, and what the token may do."),
        (Action::Members, "/members", "listMembers", "Members", "Who belongs to the account."),
        (
            Action::Tokens,
            "/tokens",
            "listTokens",
            "Tokens",
            "Needs the scope `admin`. The API tokens of the account, without their secrets.",
        ),
        (
            Action::Deliveries,
            "/deliveries",
            "listDeliveries",
            "Deliveries",
            "The delivery log of a destination, newest first. Entries are kept for a month.",
        ),
    ];
    let reads = reads.into_iter().map(|(action, path, id, title, description)| Operation {
        action,
        method: Method::GET,
        path: format!("{ROOT}{path}"),
        id: id.to_owned(),
        title: title.to_owned(),
        description,
    });
    reads
        .chain(of_team())
        .chain(of_sending())
        .chain(of_mutes())
        .chain(Kind::ALL.into_iter().flat_map(of_kind))
        .collect()
}

/// What a token with the scope `admin` decides. It decides about no owner.
fn of_team() -> [Operation; 8] {
    let operation = |(action, method, path): (Action, Method, &str), id: &str, title: &str, description| {
        let (path, id, title) = (format!("{ROOT}{path}"), id.to_owned(), title.to_owned());
        Operation { action, method, path, id, title, description }
    };
    [
        operation(
            (Action::Member, Method::GET, "/members/{id}"),
            "getMember",
            "One member",
            "With its version in `ETag`, for `If-Match`. The ID of a member is their mail address.",
        ),
        operation(
            (Action::ChangeRole, Method::PUT, "/members/{id}"),
            "replaceMember",
            "Change a role",
            "Needs the scope `admin`. Makes nobody an owner and changes no owner: that is done on the pages.",
        ),
        operation(
            (Action::RemoveMember, Method::DELETE, "/members/{id}"),
            "removeMember",
            "Remove a member",
            "Needs the scope `admin`. They are out with their next request, and their tokens are revoked. Removes no owner.",
        ),
        operation(
            (Action::Invitations, Method::GET, "/invitations"),
            "listInvitations",
            "Invitations",
            "Needs the scope `admin`. Who was invited and has not joined yet.",
        ),
        operation(
            (Action::Invite, Method::POST, "/invitations"),
            "inviteMember",
            "Invite somebody",
            "Needs the scope `admin`. Mails an invitation, which is good for seven days; whoever made the token is told. \
             Nobody is invited as an owner. It needs no idempotency key: to one address goes one mail in ten minutes.",
        ),
        operation(
            (Action::Withdraw, Method::DELETE, "/invitations/{id}"),
            "withdrawInvitation",
            "Withdraw an invitation",
            "Needs the scope `admin`. Its link leads nowhere then.",
        ),
        operation(
            (Action::MakeToken, Method::POST, "/tokens"),
            "makeToken",
            "Make a token",
            "Needs the scope `admin`. The new token has the scope `read` or `write`, and ends with the token that made it \
             at the latest. Its text is in this answer and nowhere else. No two tokens have one name, so a repeated \
             request makes no second.",
        ),
        operation(
            (Action::RevokeToken, Method::DELETE, "/tokens/{id}"),
            "revokeToken",
            "Revoke a token",
            "Needs the scope `admin`. Whoever has it, or one that it made, is out.",
        ),
    ]
}

/// None of them needs an idempotency key: a test or question too soon is refused, and a delivery keeps its ID.
fn of_sending() -> [Operation; 3] {
    let operation = |(action, path): (Action, &str), id: &str, title: &str, description| {
        let (path, id, title) = (format!("{ROOT}{path}"), id.to_owned(), title.to_owned());
        Operation { action, method: Method::POST, path, id, title, description }
    };
    [
        operation(
            (Action::Repeat, "/deliveries"),
            "repeatDelivery",
            "Send a delivery again",
            "Of one that has ended and did not arrive. It keeps its ID, so that a receiver that got it after all knows \
             it. Answered is the delivery, which is pending again.",
        ),
        operation(
            (Action::Test, "/destinations/{id}/test"),
            "testDestination",
            "Test a destination",
            "Queues a test alert. What came of it is among the deliveries of the destination, under the `alert` of this \
             answer. Nothing is sent to a mail address whose owner has not consented.",
        ),
        operation(
            (Action::AskConsent, "/destinations/{id}/consent"),
            "askForConsent",
            "Ask for consent",
            "Asks whoever reads the mail of the destination's address once more. The first time they are asked when the \
             destination is made.",
        ),
    ]
}

/// A mute is neither replaced nor made twice, so it has no version.
fn of_mutes() -> [Operation; 3] {
    let all = format!("{ROOT}/mutes");
    let one = format!("{all}/{{id}}");
    let operation = |(action, method, path): (Action, Method, &String), id: &str, title: &str, description| {
        let (id, title) = (id.to_owned(), title.to_owned());
        Operation { action, method, path: path.clone(), id, title, description }
    };
    [
        operation(
            (Action::Mutes, Method::GET, &all),
            "listMutes",
            "Mutes",
            "Incidents and maintenances that are muted or acknowledged, by whom and since when.",
        ),
        operation(
            (Action::Mute, Method::POST, &all),
            "muteIncident",
            "Mute or acknowledge an incident",
            "Of an open incident or maintenance of a provider that the account watches. `alerts`: nothing more is told \
             of it but its end, to whoever was told of its opening. `follow_up`: it is acknowledged, so it is not \
             followed up. What was muted before stays as it is and is answered.",
        ),
        operation(
            (Action::Unmute, Method::DELETE, &one),
            "unmuteIncident",
            "Undo a mute",
            "What comes next of the incident is told again.",
        ),
    ]
}

fn of_kind(kind: Kind) -> [Operation; 5] {
    let (title, singular) = (kind.title(), kind.singular());
    let all = format!("{ROOT}/{}", kind.plural());
    let one = format!("{all}/{{id}}");
    let operation = |action: Action, method, path: &String, id: String, title: String| {
        let description = kind.description(action);
        Operation { action, method, path: path.clone(), id, title, description }
    };
    [
        operation(Action::List(kind), Method::GET, &all, format!("list{title}s"), format!("{title}s")),
        operation(Action::Make(kind), Method::POST, &all, format!("make{title}"), format!("Make a {singular}")),
        operation(Action::Read(kind), Method::GET, &one, format!("get{title}"), format!("One {singular}")),
        operation(Action::Replace(kind), Method::PUT, &one, format!("replace{title}"), format!("Replace a {singular}")),
        operation(Action::Remove(kind), Method::DELETE, &one, format!("remove{title}"), format!("Remove a {singular}")),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_operations_are_one() {
        let all = operations();
        let places: HashSet<_> = all.iter().map(|it| (it.method.clone(), it.path.clone())).collect();
        let ids: HashSet<_> = all.iter().map(|it| it.id.clone()).collect();
        assert_eq!((places.len(), ids.len()), (all.len(), all.len()));
        let is_read = |it: &Operation| it.action.right() == Right::Read;
        assert!(all.iter().all(|it| !is_read(it) || it.method == Method::GET));
        let more = all.iter().filter(|it| it.method == Method::GET && !is_read(it)).map(|it| &*it.path);
        assert_eq!(more.collect::<Vec<_>>(), ["/api/v1/account/tokens", "/api/v1/account/invitations"]);
    }
}
