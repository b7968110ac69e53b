//! A page of a list that is read by its order and thinned out by what was asked for.
use store::{Cursor, CursorPage, StoreError};

/// Requests to the store for one answer; whoever wants more asks again with the place that was reached.
const MOST_READS: usize = 4;

/// At most `limit` rows that fit, and the place where to go on.
pub(crate) async fn gather<T, R>(
    start: Option<Cursor>,
    limit: usize,
    read: impl Fn(Option<Cursor>, usize) -> R,
    fits: impl Fn(&T) -> bool,
) -> Result<(Vec<T>, Option<Cursor>), StoreError>
where
    R: Future<Output = Result<CursorPage<T>, StoreError>>,
{
    let mut found = Vec::new();
    let mut reached = start;
    for _ in 0..MOST_READS {
        let page = read(reached.clone(), limit).await?;
        let length = page.rows.len();
        for (at, (place, row)) in page.rows.into_iter().enumerate() {
            reached = Some(place);
            if fits(&row) {
                found.push(row);
            }
            if found.len() == limit {
                let more = page.more || at + 1 < length;
                return Ok((found, reached.filter(|_| more)));
            }
        }
        if !page.more || length == 0 {
            return Ok((found, None));
        }
    }
    Ok((found, reached))
}
