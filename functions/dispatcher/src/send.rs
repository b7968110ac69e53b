//! Sends the requests of one delivery: asks the channel for the next request, sends it, hands the response back, and so
//! on until the channel reports an outcome.
use channels::{Channel, Job, Outcome, Response, Step};
use outbound::Outbound;

use crate::dispatcher::MailSender;

/// Per delivery. Only a faulty channel asks for more.
const MAX_REQUESTS: usize = 4;

/// This machine is out of something it needs for sending; the receiver is not at fault. The reason is for people.
#[derive(Debug)]
pub struct Hindered(pub String);

/// Sends one delivery. `log_request` gets a line such as `POST hooks.slack.com` or `mail` before each request; the line
/// holds no secret. `answers` collects the responses, so that they survive a time-out that drops this future.
pub async fn send(
    channel: &Channel,
    outbound: &Outbound,
    mail: Option<&MailSender>,
    job: &Job<'_>,
    answers: &mut Vec<Response>,
    mut log_request: impl FnMut(String),
) -> Result<Outcome, Hindered> {
    loop {
        let step = (channel.deliver)(job, answers);
        if answers.len() == MAX_REQUESTS && !matches!(step, Step::Done(_)) {
            return Ok(Outcome::Rejected { reason: format!("it took more than {MAX_REQUESTS} requests") });
        }
        let answer = match step {
            Step::Done(outcome) => return Ok(outcome),
            Step::Send(request) => {
                log_request(format!("{} {}", request.method(), request.uri().host().unwrap_or_default()));
                match outbound.send(request).await {
                    Ok(sent) => Response::Http { status: sent.status, headers: sent.headers, body: sent.body },
                    Err(error) if error.is_ours() => return Err(Hindered(error.to_string())),
                    Err(error) => Response::Failed(error.to_string()),
                }
            }
            Step::Mail(message) => {
                log_request("mail".to_owned());
                send_mail(mail, message).await?
            }
        };
        answers.push(answer);
    }
}

/// Sends one mail if this instance has a mailer, and turns the reply into the channel's terms.
async fn send_mail(sender: Option<&MailSender>, mail: channels::Mail) -> Result<Response, Hindered> {
    let Some(MailSender { mailer, .. }) = sender else {
        return Ok(Response::Failed("this instance sends no mail".to_owned()));
    };
    let channels::Mail { from, to, message, destination } = mail;
    let message = mail::Message { from, to, content: message, destination: destination.to_string() };
    match mailer.send(&message).await {
        Ok(mail::Reply { code, text, to_recipient }) => Ok(Response::Mail { code, text, to_recipient }),
        Err(why) => match outbound::out_of() {
            Some(what) => Err(Hindered(format!("this machine is out of {what}"))),
            None => Ok(Response::Failed(why)),
        },
    }
}
