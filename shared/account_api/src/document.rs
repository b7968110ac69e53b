//! The part of the `OpenAPI` document that describes the API of an account.
use accounts::role::Right;
use http::Method;
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};
use settings::{BoardDraft, DestinationDraft, GroupDraft, MonitorDraft, PageDraft};

use crate::{
    answers::{
        Account, BoardState, ConsentAsked, Deliveries, Delivery, DeliveryDraft, DestinationState, Invitation,
        InvitationDraft, Invitations, MadeToken, Member, Members, Meta, Mute, MuteDraft, Mutes, PageState, Problem,
        RoleDraft, TestSent, TokenDraft, Tokens,
    },
    operations::{Action, Kind, Operation, operations},
};

/// The name of the scheme of [`security_scheme`].
pub const SECURITY_SCHEME: &str = "token";

pub fn security_scheme() -> Value {
    json!({
        "type": "http",
        "scheme": "bearer",
        "description": "An API token of an account, made at /account/tokens. Its scope is `read`, `write` or `admin`.",
    })
}

/// The paths, and the schemas and headers that they refer to.
pub fn document() -> (Map<String, Value>, Map<String, Value>) {
    let mut schemas = SchemaSettings::draft2020_12()
        .with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        })
        .into_generator();
    let problem = schemas.subschema_for::<Problem>().to_value();
    let kinds = Kind::ALL.map(|kind| (kind, draft(kind, &mut schemas)));
    let mut paths = Map::new();
    for operation in operations() {
        let method = operation.method.as_str().to_ascii_lowercase();
        let described = described(&operation, &problem, &mut schemas);
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        path[method] = described;
    }
    let mut definitions = schemas.take_definitions(true);
    for (kind, mut draft) in kinds {
        let meta = [
            definitions.get("Meta"),
            (kind == Kind::Destinations).then(|| definitions.get("DestinationState")).flatten(),
            (kind == Kind::Pages).then(|| definitions.get("PageState")).flatten(),
            (kind == Kind::Boards).then(|| definitions.get("BoardState")).flatten(),
        ];
        let setting = setting(&draft, meta.into_iter().flatten());
        definitions.insert(kind.title().to_owned(), setting);
        if kind == Kind::Destinations {
            // Null forgets a secret, and is never answered.
            draft["properties"]["settings"]["additionalProperties"] = json!({"type": ["string", "null"]});
        }
        definitions.insert(format!("{}Draft", kind.title()), draft);
    }
    (paths, definitions)
}

/// The draft as a request has it: without the id, which the path names.
fn draft(kind: Kind, schemas: &mut SchemaGenerator) -> Value {
    fn of<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
        schemas.subschema_for::<Meta>();
        schemas.subschema_for::<DestinationState>();
        schemas.subschema_for::<PageState>();
        schemas.subschema_for::<BoardState>();
        schemas.subschema_for::<T>();
        schemas.definitions().get(T::schema_name().as_ref()).cloned().unwrap_or_default()
    }
    let mut schema = match kind {
        Kind::Monitors => of::<MonitorDraft>(schemas),
        Kind::Groups => of::<GroupDraft>(schemas),
        Kind::Destinations => of::<DestinationDraft>(schemas),
        Kind::Pages => of::<PageDraft>(schemas),
        Kind::Boards => of::<BoardDraft>(schemas),
    };
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.remove("id");
    }
    schema
}

/// The draft with what the instance adds to it, and without what is never answered.
fn setting<'a>(draft: &Value, added: impl Iterator<Item = &'a Value>) -> Value {
    let mut setting = draft.clone();
    if let Some(properties) = setting["properties"].as_object_mut() {
        properties.retain(|_, schema| schema["writeOnly"] != true);
    }
    let mut required = Vec::new();
    for meta in added {
        let properties = meta["properties"].as_object().into_iter().flatten();
        for (name, schema) in properties {
            setting["properties"][name] = schema.clone();
            required.push(name.clone());
        }
    }
    if let Some(setting) = setting.as_object_mut() {
        setting.remove("additionalProperties");
        setting.insert("required".to_owned(), required.into());
    }
    setting
}

fn described(operation: &Operation, problem: &Value, schemas: &mut SchemaGenerator) -> Value {
    let mut described = json!({
        "operationId": operation.id,
        "summary": operation.title,
        "description": operation.description,
        "tags": ["account"],
        "security": [{SECURITY_SCHEME: []}],
        "parameters": parameters(operation),
        "responses": responses(operation, problem, schemas),
    });
    if let Some((schema, example)) = request(operation.action, schemas) {
        described["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": schema, "example": example}}});
    }
    described
}

/// Of a request: its schema, and an example.
fn request(action: Action, schemas: &mut SchemaGenerator) -> Option<(Value, Value)> {
    fn of<T: JsonSchema>(schemas: &mut SchemaGenerator, example: Value) -> Option<(Value, Value)> {
        Some((schemas.subschema_for::<T>().to_value(), example))
    }
    match action {
        Action::Make(kind) | Action::Replace(kind) => {
            Some((reference(&format!("{}Draft", kind.title())), example(kind)))
        }
        Action::Mute => {
            let example = json!({"provider": "github", "incident": "p31zjtct2jer", "muted": "follow_up"});
            of::<MuteDraft>(schemas, example)
        }
        Action::Repeat => of::<DeliveryDraft>(schemas, json!({"alert": "alert_1", "destination": "destination_1"})),
        Action::ChangeRole => of::<RoleDraft>(schemas, json!({"role": "reader"})),
        Action::Invite => of::<InvitationDraft>(schemas, json!({"address": "al@example.com", "role": "editor"})),
        Action::MakeToken => of::<TokenDraft>(schemas, json!({"name": "Nightly report", "scope": "read", "days": 30})),
        _ => None,
    }
}

fn example(kind: Kind) -> Value {
    match kind {
        Kind::Monitors => json!({"provider": "github", "components": ["Actions"], "unknown": "tell"}),
        Kind::Groups => json!({
            "name": "On call",
            "severities": ["major"],
            "events": ["opened", "resolved"],
            "quiet_hours": {"zone": "Europe/Berlin", "from": "22:00", "until": "07:00"},
        }),
        Kind::Destinations => json!({
            "label": "Operations",
            "channel": "email",
            "settings": {"address": "on-call@example.com"},
        }),
        Kind::Boards => json!({"name": "Our vendors", "address": "public", "providers": ["github", "stripe"]}),
        Kind::Pages => json!({"name": "Example", "url": "https://status.example.com", "interval": "5m"}),
    }
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let header = |name: &str, required: bool, description: &str, schema: Value| json!({"name": name, "in": "header", "required": required, "description": description, "schema": schema});
    let id = json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The ID, as the list has it.",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"},
    });
    let address = json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The mail address, as the list has it.",
        "schema": {"type": "string", "minLength": 3, "pattern": "^[a-z0-9.]+@[a-z0-9.]+$"},
    });
    let if_match = || {
        let description = "The `ETag` of the version that you have read, so that nobody's change is lost; `*` for any.";
        header(
            "If-Match",
            true,
            description,
            json!({"type": "string", "pattern": "^(\\*|\"[0-9]{1,19}(-[0-9a-f]{1,64})?\")$"}),
        )
    };
    let query = |name: &str, required: bool, description: &str, schema: Value| json!({"name": name, "in": "query", "required": required, "description": description, "schema": schema});
    match operation.action {
        Action::Deliveries => vec![
            query(
                "destination",
                true,
                "The ID of a destination of the account.",
                json!({"type": "string", "minLength": 1}),
            ),
            query("before", false, "`next` of the page before.", json!({"type": "string", "format": "date-time"})),
            query("limit", false, "At most.", json!({"type": "integer", "minimum": 1, "maximum": 100, "default": 50})),
        ],
        Action::Make(_) => vec![header(
            "Idempotency-Key",
            false,
            "A text of your choice, new for each thing that is to be made, and the same when the request is repeated. It \
             is known for 24 hours.",
            json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
        )],
        Action::Read(_) | Action::Unmute | Action::Test | Action::AskConsent => vec![id],
        Action::Withdraw | Action::RevokeToken => vec![id],
        Action::Member => vec![address],
        Action::Replace(_) | Action::Remove(_) => vec![id, if_match()],
        Action::ChangeRole | Action::RemoveMember => vec![address, if_match()],
        Action::Account | Action::Members | Action::Tokens => Vec::new(),
        Action::Repeat | Action::Mutes | Action::Mute | Action::List(_) => Vec::new(),
        Action::Invitations | Action::Invite | Action::MakeToken => Vec::new(),
    }
}

/// The status of what was done, and its body.
fn success(action: Action, schemas: &mut SchemaGenerator) -> (&'static str, Option<Value>) {
    match action {
        Action::Account => ("200", Some(schemas.subschema_for::<Account>().to_value())),
        Action::Members => ("200", Some(schemas.subschema_for::<Members>().to_value())),
        Action::Tokens => ("200", Some(schemas.subschema_for::<Tokens>().to_value())),
        Action::Deliveries => ("200", Some(schemas.subschema_for::<Deliveries>().to_value())),
        Action::Member | Action::ChangeRole => ("200", Some(schemas.subschema_for::<Member>().to_value())),
        Action::Invitations => ("200", Some(schemas.subschema_for::<Invitations>().to_value())),
        Action::Invite => ("201", Some(schemas.subschema_for::<Invitation>().to_value())),
        Action::MakeToken => ("201", Some(schemas.subschema_for::<MadeToken>().to_value())),
        Action::RemoveMember | Action::Withdraw | Action::RevokeToken => ("204", None),
        Action::Repeat => ("202", Some(schemas.subschema_for::<Delivery>().to_value())),
        Action::Test => ("202", Some(schemas.subschema_for::<TestSent>().to_value())),
        Action::AskConsent => ("202", Some(schemas.subschema_for::<ConsentAsked>().to_value())),
        Action::Mutes => ("200", Some(schemas.subschema_for::<Mutes>().to_value())),
        Action::Mute => ("200", Some(schemas.subschema_for::<Mute>().to_value())),
        Action::List(kind) => ("200", Some(list(kind))),
        Action::Make(kind) => ("201", Some(reference(kind.title()))),
        Action::Read(kind) | Action::Replace(kind) => ("200", Some(reference(kind.title()))),
        Action::Remove(_) | Action::Unmute => ("204", None),
    }
}

fn responses(operation: &Operation, problem: &Value, schemas: &mut SchemaGenerator) -> Map<String, Value> {
    let action = operation.action;
    let mut responses = Map::new();
    let (status, body) = success(action, schemas);
    let mut done = json!({"description": operation.title, "headers": headers(action)});
    if let Some(schema) = body {
        done["content"] = json!({"application/json": {"schema": schema}});
    }
    if let Action::Make(kind) = action {
        done["links"] = links(kind);
    }
    responses.insert(status.to_owned(), done);
    let (writes, has_id) = (operation.method != Method::GET, operation.path.contains("{id}"));
    let has_body = request(action, schemas).is_some();
    let is_of_team = matches!(action, Action::ChangeRole | Action::RemoveMember);
    let is_conditional = is_of_team || matches!(action, Action::Replace(_) | Action::Remove(_));
    let reads_one = matches!(action, Action::Read(_) | Action::Member);
    let possible = [
        ("304", "Nothing has changed since the answer with the `ETag` of `If-None-Match`.", reads_one),
        ("400", "The body, the query or a header cannot be read.", true),
        ("401", "There is no token, or it was revoked or has ended.", true),
        ("403", "The scope of the token does not allow it.", operation.action.right() != Right::Read),
        (
            "404",
            "The account has nothing with this ID.",
            has_id || matches!(action, Action::Deliveries | Action::Mute | Action::Repeat),
        ),
        ("405", "The path has no such method.", true),
        (
            "409",
            "It is managed by the configuration file, is in use, is over, or there are as many as there may be; a token \
             decides about no owner; or there is a reason not to send.",
            writes,
        ),
        ("410", "What a request with this key made was removed since.", matches!(action, Action::Make(_))),
        ("412", "It was changed meanwhile: both versions are in the problem.", is_conditional),
        ("413", "The body is too large.", has_body),
        ("415", "The body is not `application/json`.", has_body),
        ("422", "Fields of the body are wrong; or the key was used for another request.", has_body),
        ("428", "`If-Match` is missing.", is_conditional),
        ("429", "The token sends too many requests, or too many wrong tokens came from this address.", true),
        ("503", "The store cannot be reached.", true),
    ];
    for (status, description, _) in possible.into_iter().filter(|(.., is_possible)| *is_possible) {
        let mut response = json!({"description": description});
        if status != "304" {
            response["content"] = json!({"application/problem+json": {"schema": problem}});
        }
        if matches!(status, "429" | "503") {
            response["headers"] = json!({"Retry-After": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}});
        }
        responses.insert(status.to_owned(), response);
    }
    responses
}

fn list(kind: Kind) -> Value {
    json!({
        "type": "object",
        "required": [kind.plural()],
        "properties": {kind.plural(): {"type": "array", "items": reference(kind.title())}},
    })
}

fn headers(action: Action) -> Value {
    let text = |description: &str| json!({"description": description, "schema": {"type": "string"}});
    let mut headers = json!({
        "RateLimit-Policy": text("Requests of a token in a window: `\"token\";q=120;w=60`."),
        "RateLimit": text("What is left of it, and in how many seconds it begins anew: `\"token\";r=119;t=42`."),
    });
    let has_version = matches!(action, Action::Make(_) | Action::Read(_) | Action::Replace(_));
    if has_version || matches!(action, Action::Member | Action::ChangeRole) {
        headers["ETag"] = json!({
            "description": "The version and a digest of the answer, for `If-Match` and `If-None-Match`.",
            "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9]+-[0-9a-f]+\"$"},
        });
    }
    if matches!(action, Action::Make(_)) {
        headers["Location"] = text("The path of what was made.");
    }
    headers
}

/// What can be done with that which was made.
fn links(kind: Kind) -> Value {
    let title = kind.title();
    let by_id = json!({"id": "$response.body#/id"});
    let with_version = json!({"id": "$response.body#/id", "header.If-Match": "$response.header.ETag"});
    json!({
        format!("get{title}"): {"operationId": format!("get{title}"), "parameters": by_id},
        format!("replace{title}"): {"operationId": format!("replace{title}"), "parameters": with_version},
        format!("remove{title}"): {"operationId": format!("remove{title}"), "parameters": with_version},
    })
}
