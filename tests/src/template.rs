//! Writes the half of template.yaml that is the same for each channel: its queue, dispatcher, role and alarms, and what
//! the router and the outputs say of them. Each part stands between two comments, `begin` and `end`.
use anyhow::Context as _;
use channels::Channel;

/// What one channel needs, in the folder `template`. Comments are kept for the first channel only.
const DISPATCHER: &str = include_str!("template/dispatcher.yaml.txt");
/// Whether a stack deploys it.
const PARAMETER: &str = "  Channel{Name}:
    Type: String
    Default: \"on\"
    Description: Whether destinations on the channel {name} can be used; \"off\" leaves out its queue and its dispatcher
    AllowedValues: [\"on\", \"off\"]
";
const CONDITIONS: &str = "  Has{Name}: !Equals [!Ref Channel{Name}, \"on\"]
  Alarms{Name}: !And [!Condition HasAlarms, !Condition Has{Name}]
";
/// Those that one cause may set off with others, as parts of the rule of one alarm.
const ALARMS: &str = "          - !If
            - Has{Name}
            - !Sub ALARM(\"${{Name}AgeAlarm}\") OR ALARM(\"${{Name}DispatcherErrorsAlarm}\")
            - \"FALSE\"
";
/// Lists of metrics that the dashboard has a metric of each channel in: the list, namespace and metric, the dimension
/// and its value.
const WIDGETS: [(&str, &str, &str); 3] = [
    ("Ages", r#""AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName""#, "{Name}Queue.QueueName"),
    (
        "DeadLetters",
        r#""AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName""#,
        "{Name}DeadLetterQueue.QueueName",
    ),
    ("Errors", r#""AWS/Lambda", "Errors", "FunctionName""#, "{Name}DispatcherFunction"),
];
/// The variables and the permission that a dispatcher of mail has in addition.
const MAIL_VARIABLES: &str = include_str!("template/mail_variables.yaml.txt");
const MAIL_PERMISSION: &str = include_str!("template/mail_permission.yaml.txt");

/// What the template says of a channel.
pub struct Deployed<'a> {
    pub name: &'a str,
    pub sends_mail: bool,
}

impl Deployed<'_> {
    /// Every registered channel.
    pub fn registered() -> Vec<Deployed<'static>> {
        let deployed = |channel: &'static Channel| Deployed {
            name: channel.name,
            sends_mail: channel.sample_settings().any(|settings| (channel.recipient)(&settings).is_some()),
        };
        channels::channels().iter().map(deployed).collect()
    }

    /// `pattern` with this channel's name as it stands in values, in logical names and in variables.
    fn fill(&self, pattern: &str) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        let logical: String = self.name.split('_').map(capital).collect();
        pattern.replace("{name}", self.name).replace("{Name}", &logical).replace("{NAME}", &self.name.to_uppercase())
    }

    fn dispatcher(&self) -> String {
        let mail = |part: &'static str| if self.sends_mail { part } else { "" };
        let filled = self.fill(DISPATCHER);
        filled.replace("{mail variables}\n", mail(MAIL_VARIABLES)).replace("{mail permission}\n", mail(MAIL_PERMISSION))
    }
}

/// The text of template.yaml with its generated parts written anew for these channels.
///
/// Fails if a part's `begin` or `end` is missing.
pub fn rendered(template: &str, channels: &[Deployed<'_>]) -> anyhow::Result<String> {
    let each = |pattern: &str| channels.iter().map(|channel| channel.fill(pattern)).collect::<String>();
    let parts = [
        ("parameters of the channels", each(PARAMETER)),
        ("conditions of the channels", each(CONDITIONS)),
        (
            "queues of the channels",
            each("          CHANNEL_QUEUE_URL_{NAME}: !If [Has{Name}, !Ref {Name}Queue, !Ref AWS::NoValue]\n"),
        ),
        (
            "ARNs of these queues",
            each("                  - !If [Has{Name}, !GetAtt {Name}Queue.Arn, !Ref AWS::NoValue]\n"),
        ),
        (
            "queues of tests and requests for consent",
            each("          CHANNEL_QUEUE_URL_{NAME}: !If [Has{Name}, !Ref {Name}Queue, !Ref AWS::NoValue]\n"),
        ),
        (
            "ARNs of the queues of tests",
            each("                  - !If [Has{Name}, !GetAtt {Name}Queue.Arn, !Ref AWS::NoValue]\n"),
        ),
        ("dispatchers of the channels", dispatchers(channels)),
        ("alarms of the channels", each(ALARMS)),
        ("what the dashboard shows of the channels", dashboard(channels)),
        (
            "queues that people send to",
            each("              - !If [Has{Name}, !GetAtt {Name}Queue.Arn, !Ref AWS::NoValue]\n"),
        ),
        (
            "dead letters that people return",
            each("              - !If [Has{Name}, !GetAtt {Name}DeadLetterQueue.Arn, !Ref AWS::NoValue]\n"),
        ),
        (
            "outputs of these queues",
            each(
                "  {Name}QueueUrl:\n    Condition: Has{Name}\n    Value: !Ref {Name}Queue\n  \
                 {Name}DeadLetterQueueUrl:\n    Condition: Has{Name}\n    Value: !Ref {Name}DeadLetterQueue\n",
            ),
        ),
    ];
    let mut text = template.to_owned();
    for (part, lines) in parts {
        text = replaced(&text, part, &lines).with_context(|| {
            format!("template.yaml has no lines `# begin: {part}, ..` and `# end: {part}`; take them from its history")
        })?;
    }
    Ok(text)
}

fn dispatchers(channels: &[Deployed<'_>]) -> String {
    let sections = channels.iter().enumerate().map(|(index, channel)| {
        let section = channel.dispatcher();
        if index == 0 { section } else { without_shared_comments(&section) }
    });
    sections.fold("\n".to_owned(), |text, section| text + &section + "\n")
}

/// A variable of the dashboard for each list, with the metrics of the channels that are deployed.
fn dashboard(channels: &[Deployed<'_>]) -> String {
    let list = |(list, metric, value): &(&str, &str, &str)| {
        let line = format!("              - !If [Has{{Name}}, !Sub ', [{metric}, \"${{{value}}}\"]', \"\"]\n");
        let lines: String = channels.iter().map(|channel| channel.fill(&line)).collect();
        format!("          {list}: !Join\n            - \"\"\n            -\n{lines}")
    };
    WIDGETS.iter().map(list).collect()
}

/// Without the comments that the first section has too.
fn without_shared_comments(section: &str) -> String {
    let is_shared = |line: &str| {
        let is_comment = line.trim_start().starts_with("# ") && !line.contains("----");
        is_comment && DISPATCHER.contains(line)
    };
    section.split_inclusive('\n').filter(|line| !is_shared(line)).collect()
}

/// `text` with `lines` between the comments of this part.
fn replaced(text: &str, part: &str, lines: &str) -> Option<String> {
    let begin = text.find(&format!("# begin: {part}, "))?;
    let start = begin + text[begin..].find('\n')? + 1;
    let end = start + text[start..].find(&format!("# end: {part}\n"))?;
    let end = text[..end].rfind('\n')? + 1;
    Some(format!("{}{lines}{}", &text[..start], &text[end..]))
}
