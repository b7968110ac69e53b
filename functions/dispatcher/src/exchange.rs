//! The requests of one delivery: the channel is asked for one, it is sent, the channel is asked again with the answer, until
//! there is an outcome.
use channels::{Channel, Job, Outcome, Response, Step};
use outbound::Outbound;

use crate::MailParts;

/// A channel that wants more for one delivery has lost its way.
const MAX_REQUESTS: usize = 4;

/// `sent` hears where each request goes before it does, without what may be secret: `POST hooks.slack.com` or `mail`.
/// What was answered is in `answers` even if this is given up in between.
pub async fn exchange(
    channel: &Channel,
    outbound: &Outbound,
    mail: Option<&MailParts>,
    job: &Job<'_>,
    answers: &mut Vec<Response>,
    mut sent: impl FnMut(String),
) -> Outcome {
    loop {
        let step = (channel.deliver)(job, answers);
        if answers.len() == MAX_REQUESTS && !matches!(step, Step::Done(_)) {
            return Outcome::Rejected { reason: format!("it took more than {MAX_REQUESTS} requests") };
        }
        let answer = match step {
            Step::Done(outcome) => return outcome,
            Step::Send(request) => {
                sent(format!("{} {}", request.method(), request.uri().host().unwrap_or_default()));
                match outbound.send(request).await {
                    Ok(sent) => Response::Http { status: sent.status, headers: sent.headers, body: sent.body },
                    Err(error) => Response::Failed(error.to_string()),
                }
            }
            Step::Mail(message) => {
                sent("mail".to_owned());
                post(mail, message).await
            }
        };
        answers.push(answer);
    }
}

/// Posts one mail, if this instance does; what was answered is translated for the channel.
async fn post(parts: Option<&MailParts>, message: channels::Mail) -> Response {
    let Some(MailParts { mailer, .. }) = parts else {
        return Response::Failed("this instance sends no mail".to_owned());
    };
    let channels::Mail { from, to, message, destination } = message;
    let message = mail::Message { from, to, content: message, destination: destination.to_string() };
    match mailer.send(&message).await {
        Ok(mail::Reply { code, said }) => Response::Mail { code, text: said },
        Err(why) => Response::Failed(why),
    }
}
