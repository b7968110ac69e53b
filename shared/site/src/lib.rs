//! What the functions that people open in a browser share: the frame around a page, the style sheet and the script, how
//! times and paths are written, and what is asked of every request, whoever serves it. No store, no settings.
pub mod account_cookie;
pub mod guesses;
pub mod same_origin;
pub mod security_headers;
pub mod sender;
pub mod transport;

pub mod paths;

pub mod assets;
pub mod days;
pub mod durations;
pub mod frame;
pub mod private_page;
pub mod provider_state;
pub mod states;
pub mod times;
