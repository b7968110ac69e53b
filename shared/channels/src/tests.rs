//! What is demanded of every channel, over the registry, and what each one promises by itself.
mod alerts;
mod contract;
mod discord;
mod email;
mod slack;
mod teams;
mod webhook;
