//! How other programs of the same user reach the services of the process that uses a data folder: a Unix domain socket
//! in the folder, which nobody else can enter. No port is open, so neither another user of the machine nor a web page
//! in its browser can try.
//!
//! A connection carries one request: a line `TARGET LENGTH` and the input, answered by a line `STATUS LENGTH` with
//! SQS's name of the error, if there is one, and the body.
use std::{
    fs::{self, File},
    io,
    os::{fd::AsRawFd as _, unix::fs::PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use aws_sdk_sqs::config::http::HttpRequest;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture},
    result::ConnectorError,
};
use rustix::process::geteuid;
use startup::aws::AwsSettings;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream},
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    connector,
    folder::DataFolder,
    service::{Response, Service},
};

/// An address of a socket holds 108 bytes on Linux and 104 elsewhere, with its end.
const LONGEST_PATH: usize = 100;
/// Connections at a time. Others wait.
const MAX_CONNECTIONS: usize = 64;
/// Time to send a whole request, or to take a whole response.
const TRANSFER_TIME: Duration = Duration::from_secs(10);
const MAX_LINE_BYTES: u64 = 256;
/// DynamoDB's limit, the larger of the two.
const MAX_INPUT_BYTES: usize = 16 << 20;
/// What DynamoDB returns holds up to 16 MiB, which JSON makes longer.
const MAX_BODY_BYTES: usize = 64 << 20;
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// Where a socket is, as a path that is short enough.
#[derive(Debug)]
struct Place {
    path: PathBuf,
    /// What a short path leads through.
    _folder: Option<File>,
}

impl Place {
    fn in_folder(folder: &Path) -> io::Result<Self> {
        let path = DataFolder::socket(folder);
        if path.as_os_str().len() <= LONGEST_PATH {
            return Ok(Self { path, _folder: None });
        }
        let folder = File::open(folder)?;
        let path = DataFolder::socket(Path::new(&format!("/proc/self/fd/{}", folder.as_raw_fd())));
        Ok(Self { path, _folder: Some(folder) })
    }
}

/// An open socket. It is closed and removed when dropped.
#[derive(Debug)]
pub struct Socket {
    place: Place,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Socket {
    /// Takes requests to `service` from now on.
    pub fn open(folder: &DataFolder, service: Arc<dyn Service>) -> anyhow::Result<Self> {
        let opened = Place::in_folder(folder.path()).and_then(|place| {
            let listener = UnixListener::bind(&place.path)?;
            fs::set_permissions(&place.path, PermissionsExt::from_mode(0o600))?;
            Ok((place, listener))
        });
        let (place, listener) =
            opened.with_context(|| format!("opening {}", DataFolder::socket(folder.path()).display()))?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve(listener, service, stopped));
        Ok(Self { place, stop, task })
    }

    /// Finishes the running requests.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Err(error) = (&mut self.task).await {
            tracing::error!(%error, "the socket of the data folder failed while it closed");
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
        // What is left of it is removed when the folder is opened again.
        let _ = fs::remove_file(&self.place.path);
    }
}

async fn serve(listener: UnixListener, service: Arc<dyn Service>, stopped: watch::Receiver<bool>) {
    let (mut connections, mut ended) = (JoinSet::new(), stopped.clone());
    loop {
        let accepted = tokio::select! {
            biased;
            // An error means that the sender was dropped, which stops this too.
            _ = ended.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (service, stopped) = (service.clone(), stopped.clone());
                connections.spawn(async move {
                    if let Err(error) = answer(stream, &*service, stopped).await {
                        tracing::debug!(%error, "a request over the socket of the data folder was not answered");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the socket of the data folder takes no request: another attempt follows");
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn answer(stream: UnixStream, service: &dyn Service, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let user = stream.peer_cred()?.uid();
    if user != geteuid().as_raw() {
        return Err(io::Error::other(format!("it came from the user {user}")));
    }
    let mut stream = BufReader::new(stream);
    let (target, input) = tokio::select! {
        read = timeout(TRANSFER_TIME, read(&mut stream, MAX_INPUT_BYTES)) => read??,
        _ = stopped.wait_for(|stop| *stop) => return Ok(()),
    };
    let response = tokio::select! {
        response = service.perform(&target, &input) => response,
        // Nothing follows a request, so this is the end of the client, who would not get what a long poll receives.
        _ = stream.read_u8() => return Err(io::ErrorKind::ConnectionAborted.into()),
    };
    let status = [response.status.to_string()].into_iter().chain(response.query_error).collect::<Vec<_>>().join(" ");
    timeout(TRANSFER_TIME, write(stream.get_mut(), &status, response.body.as_bytes())).await?
}

/// A line that ends with a length, and as many bytes. Returns the line without the length.
async fn read(stream: &mut BufReader<UnixStream>, most: usize) -> io::Result<(String, Vec<u8>)> {
    let mut line = String::new();
    (&mut *stream).take(MAX_LINE_BYTES).read_line(&mut line).await?;
    let (words, length) = line
        .strip_suffix('\n')
        .and_then(|line| line.rsplit_once(' '))
        .and_then(|(words, length)| Some((words.to_owned(), length.parse::<usize>().ok()?)))
        .filter(|(_, length)| *length <= most)
        .ok_or(io::ErrorKind::InvalidData)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok((words, body))
}

async fn write(stream: &mut UnixStream, words: &str, body: &[u8]) -> io::Result<()> {
    stream.write_all(format!("{words} {}\n", body.len()).as_bytes()).await?;
    stream.write_all(body).await?;
    stream.flush().await
}

/// Settings of clients that reach the process which uses the data folder; `None` if no process does.
pub fn of_running(folder: &Path) -> anyhow::Result<Option<AwsSettings>> {
    if !DataFolder::is_in_use(folder)? {
        return Ok(None);
    }
    let connected = Place::in_folder(folder).and_then(|place| {
        std::os::unix::net::UnixStream::connect(&place.path)?;
        Ok(place)
    });
    let place = connected.with_context(|| {
        let shown = folder.display();
        format!("reaching the process that uses the data folder {shown}: try again in a moment, or stop it first")
    })?;
    Ok(Some(AwsSettings::local(connector::http_client(OverSocket(Arc::new(place))))))
}

#[derive(Debug)]
struct OverSocket(Arc<Place>);

impl HttpConnector for OverSocket {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let place = self.0.clone();
        HttpConnectorFuture::new(async move {
            let (target, input) = connector::parts(&request)?;
            let response = ask(&place.path, &target, &input).await;
            connector::http_response(response.map_err(|error| ConnectorError::io(error.into()))?)
        })
    }
}

async fn ask(socket: &Path, target: &str, input: &[u8]) -> io::Result<Response> {
    let mut stream = UnixStream::connect(socket).await?;
    write(&mut stream, target, input).await?;
    let (line, body) = read(&mut BufReader::new(stream), MAX_BODY_BYTES).await?;
    let (status, query_error) = match line.split_once(' ') {
        Some((status, error)) => (status, Some(error.to_owned())),
        None => (line.as_str(), None),
    };
    let status = status.parse().map_err(io::Error::other)?;
    Ok(Response { status, query_error, body: String::from_utf8(body).map_err(io::Error::other)? })
}
