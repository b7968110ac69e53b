//! Who belongs to an account. Each change is one transaction: the member, the counts of the account, the list of the
//! user's accounts and the entry of the audit log. So an account has an owner at any time, whoever else writes.
use accounts::{Account, Invitation, Member, User, audit::AuditEntry, role::Role};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update};
use jiff::Timestamp;
use status::ids::AccountId;

use crate::{
    error::StoreError,
    items::{Item, attribute, item, primary, seconds},
    keys,
    requests::{Cancelled, delete_request},
    store::Store,
    table::TTL,
    team::Team,
};

/// Of an account, and of the accounts of a user.
const MAX_MEMBERS: u32 = 100;
const MAX_ACCOUNTS: usize = 20;
/// Writes in one transaction of DynamoDB.
const MAX_TRANSACTION: usize = 100;

/// Why a change was not made. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum TeamError {
    #[error("an account keeps at least one owner")]
    LastOwner,
    #[error("an account has at most {MAX_MEMBERS} members, and a user at most {MAX_ACCOUNTS} accounts")]
    Full,
    /// Somebody else changed it meanwhile, or it is gone.
    #[error("it was changed meanwhile")]
    Changed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a change does to the counts of an account.
#[derive(Clone, Copy)]
struct Counted {
    members: i32,
    owners: i32,
}

impl Counted {
    fn one(role: Role) -> Self {
        Self { members: 1, owners: i32::from(role == Role::Owner) }
    }

    fn one_less(role: Role) -> Self {
        Self { members: -1, owners: -i32::from(role == Role::Owner) }
    }
}

impl Store {
    /// Makes an account with its first owner. [`TeamError::Changed`]: they have one, unless it is that of the file. Two
    /// who begin at the same moment with one address get one account.
    pub async fn found_account(
        &self,
        id: &AccountId,
        name: &str,
        in_file: bool,
        owner: &str,
        entry: AuditEntry,
    ) -> Result<(), TeamError> {
        let now = entry.at;
        let account = Account { id: id.clone(), name: name.to_owned(), since: now, members: 1, owners: 1, in_file };
        let member = Member { account: id.clone(), address: owner.to_owned(), role: Role::Owner, since: now };
        let writes = vec![
            self.put_new(item(keys::account_row(id), "account", &account)),
            self.put_new(member_item(&member)),
            self.join(owner, id, now, !in_file).await?,
            self.audited(entry)?,
        ];
        self.change_team(writes, None).await
    }

    pub async fn add_member(&self, member: &Member, entry: AuditEntry) -> Result<(), TeamError> {
        let writes = vec![
            self.count_members(&member.account, Counted::one(member.role)),
            self.put_new(member_item(member)),
            self.join(&member.address, &member.account, member.since, false).await?,
            self.audited(entry)?,
        ];
        self.change_team(writes, Some(TeamError::Full)).await
    }

    /// The invited becomes a member; the invitation is used up.
    pub async fn accept(&self, invitation: &Invitation, now: Timestamp, entry: AuditEntry) -> Result<(), TeamError> {
        let Invitation { account, id, address, role, digest, .. } = invitation;
        let used = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::invitation(account, id))))
            .condition_expression("digest = :digest AND #ttl > :now")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":digest", attribute(digest))
            .expression_attribute_values(":now", seconds(now))
            .build()
            .expect("table and key are set");
        let member = Member { account: account.clone(), address: address.clone(), role: *role, since: now };
        let writes = vec![
            self.count_members(account, Counted::one(*role)),
            self.put_new(member_item(&member)),
            self.join(address, account, now, false).await?,
            TransactWriteItem::builder().delete(used).build(),
            self.audited(entry)?,
        ];
        self.change_team(writes, Some(TeamError::Full)).await
    }

    pub async fn change_role(&self, member: &Member, to: Role, entry: AuditEntry) -> Result<(), TeamError> {
        let owners = i32::from(to == Role::Owner) - i32::from(member.role == Role::Owner);
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::member(&member.account, &member.address))))
            .update_expression("SET #role = :to")
            .condition_expression("#role = :from")
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":from", attribute(member.role))
            .expression_attribute_values(":to", attribute(to))
            .build()
            .expect("table, key and expression are set");
        let writes = vec![
            self.count_members(&member.account, Counted { members: 0, owners }),
            TransactWriteItem::builder().update(update).build(),
            self.audited(entry)?,
        ];
        self.change_team(writes, (owners < 0).then_some(TeamError::LastOwner)).await
    }

    /// With the tokens that they made: those would be good again if they were invited once more.
    pub async fn remove_member(&self, member: &Member, entry: AuditEntry) -> Result<(), TeamError> {
        let is_owner = member.role == Role::Owner;
        let mut writes = vec![
            self.count_members(&member.account, Counted::one_less(member.role)),
            self.delete_member(member),
            self.audited(entry)?,
        ];
        writes.extend(self.leave(&member.address, &member.account).await?);
        let team = self.team(&member.account, Timestamp::MIN).await?;
        let tokens = team.iter().flat_map(|team| &team.tokens).filter(|token| token.by == member.address);
        let tokens = tokens.map(|token| self.delete(primary(keys::api_token(&member.account, &token.id))));
        // One that is made at this moment is not among them: it is older than their next membership.
        writes.extend(tokens.take(MAX_TRANSACTION - writes.len()));
        self.change_team(writes, is_owner.then_some(TeamError::LastOwner)).await
    }

    pub async fn rename_account(&self, account: &Account, name: &str, entry: AuditEntry) -> Result<(), TeamError> {
        let update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::account_row(&account.id))))
            .update_expression("SET #name = :to")
            .condition_expression("#name = :from")
            .expression_attribute_names("#name", "name")
            .expression_attribute_values(":from", attribute(&account.name))
            .expression_attribute_values(":to", attribute(name))
            .build()
            .expect("table, key and expression are set");
        let writes = vec![TransactWriteItem::builder().update(update).build(), self.audited(entry)?];
        self.change_team(writes, None).await
    }

    /// Deletes what is left of an account whose settings are removed. `last`: the owner who does it, and who can do it
    /// again if it is interrupted.
    pub async fn delete_team(&self, team: &Team, last: &str) -> Result<(), TeamError> {
        let account = &team.account.id;
        let tokens = team.tokens.iter().map(|token| keys::api_token(account, &token.id));
        let invitations = team.invitations.iter().map(|invitation| keys::invitation(account, &invitation.id));
        let deletes = tokens.chain(invitations).map(|key| delete_request(primary(key))).collect();
        self.batch_write("delete team", deletes).await?;
        self.delete_audit_log(account).await?;
        for member in team.members.iter().filter(|member| member.address != last) {
            let mut writes = vec![self.delete_member(member)];
            writes.extend(self.leave(&member.address, account).await?);
            self.change_team(writes, None).await?;
        }
        let mut writes =
            vec![self.delete(primary(keys::account_row(account))), self.delete(primary(keys::member(account, last)))];
        writes.extend(self.leave(last, account).await?);
        self.change_team(writes, None).await
    }

    /// `at_count`: why the counts of the account, which come first, may refuse it.
    async fn change_team(&self, writes: Vec<TransactWriteItem>, at_count: Option<TeamError>) -> Result<(), TeamError> {
        match self.transact("change team", &writes).await {
            Ok(()) => Ok(()),
            Err(Cancelled { refused, .. }) if refused.contains(&0) => Err(at_count.unwrap_or(TeamError::Changed)),
            Err(Cancelled { by_condition: true, .. }) => Err(TeamError::Changed),
            Err(cancelled) => Err(cancelled.error.into()),
        }
    }

    fn count_members(&self, account: &AccountId, by: Counted) -> TransactWriteItem {
        let mut condition = "attribute_exists(pk)".to_owned();
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::account_row(account))))
            .update_expression("SET #members = #members + :members, #owners = #owners + :owners")
            .expression_attribute_names("#members", "members")
            .expression_attribute_names("#owners", "owners")
            .expression_attribute_values(":members", attribute(by.members))
            .expression_attribute_values(":owners", attribute(by.owners));
        if by.members > 0 {
            condition += " AND #members < :most";
            update = update.expression_attribute_values(":most", attribute(MAX_MEMBERS));
        }
        if by.owners < 0 {
            condition += " AND #owners > :one";
            update = update.expression_attribute_values(":one", attribute(1));
        }
        let update = update.condition_expression(condition).build().expect("table, key and expression are set");
        TransactWriteItem::builder().update(update).build()
    }

    fn delete_member(&self, member: &Member) -> TransactWriteItem {
        let delete = Delete::builder()
            .table_name(&self.table)
            .set_key(Some(primary(keys::member(&member.account, &member.address))))
            .condition_expression("#role = :role")
            .expression_attribute_names("#role", "role")
            .expression_attribute_values(":role", attribute(member.role))
            .build()
            .expect("table and key are set");
        TransactWriteItem::builder().delete(delete).build()
    }

    /// The user's list with this account, if the list is still as it was read. `as_first`: it must be empty.
    async fn join(
        &self,
        address: &str,
        account: &AccountId,
        now: Timestamp,
        as_first: bool,
    ) -> Result<TransactWriteItem, TeamError> {
        let Some(known) = self.user(address).await? else {
            let user = User { address: address.to_owned(), since: now, accounts: vec![account.clone()], last: None };
            return Ok(self.put_new(user_item(&user)));
        };
        if as_first && !known.accounts.is_empty() {
            return Err(TeamError::Changed);
        }
        if known.accounts.len() >= MAX_ACCOUNTS {
            return Err(TeamError::Full);
        }
        let others = known.accounts.iter().filter(|other| *other != account);
        let accounts = others.chain([account]).cloned().collect();
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(user_item(&User { accounts, ..known.clone() })))
            .condition_expression("accounts = :known")
            .expression_attribute_values(":known", attribute(&known.accounts))
            .build()
            .expect("table and item are set");
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The user's list without this account. A user without any is forgotten. `None`: it is not in the list.
    async fn leave(&self, address: &str, account: &AccountId) -> Result<Option<TransactWriteItem>, TeamError> {
        let Some(known) = self.user(address).await? else { return Ok(None) };
        let accounts: Vec<AccountId> = known.accounts.iter().filter(|other| *other != account).cloned().collect();
        if accounts == known.accounts {
            return Ok(None);
        }
        let (condition, list) = ("accounts = :known", attribute(&known.accounts));
        if accounts.is_empty() {
            let delete = Delete::builder()
                .table_name(&self.table)
                .set_key(Some(primary(keys::user(address))))
                .condition_expression(condition)
                .expression_attribute_values(":known", list)
                .build()
                .expect("table and key are set");
            return Ok(Some(TransactWriteItem::builder().delete(delete).build()));
        }
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(user_item(&User { accounts, ..known.clone() })))
            .condition_expression(condition)
            .expression_attribute_values(":known", list)
            .build()
            .expect("table and item are set");
        Ok(Some(TransactWriteItem::builder().put(put).build()))
    }

    /// Refused if there is an item under this key.
    fn put_new(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .build()
            .expect("table and item are set");
        TransactWriteItem::builder().put(put).build()
    }
}

fn member_item(member: &Member) -> Item {
    item(keys::member(&member.account, &member.address), "member", member)
}

fn user_item(user: &User) -> Item {
    item(keys::user(&user.address), "user", user)
}
