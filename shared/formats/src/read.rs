//! What formats have in common when they read a page: judging answers, lists, incidents, what was left out.
pub(crate) mod answers;
pub(crate) mod incident_reader;
pub(crate) mod incident_set;
pub(crate) mod lenient_list;
pub(crate) mod maintenance;
pub(crate) mod problems;
