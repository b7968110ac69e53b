//! A page of a list that the store orders and a filter thins out.
use store::{Cursor, CursorPage, StoreError};

/// Store queries for one response. A client continues at the returned cursor.
const MAX_READS: usize = 4;

/// At most `limit` rows that pass `filter`, and the cursor of the next page if there may be one.
pub(crate) async fn filtered_page<T, R>(
    start: Option<Cursor>,
    limit: usize,
    read: impl Fn(Option<Cursor>, usize) -> R,
    filter: impl Fn(&T) -> bool,
) -> Result<(Vec<T>, Option<Cursor>), StoreError>
where
    R: Future<Output = Result<CursorPage<T>, StoreError>>,
{
    let mut rows = Vec::new();
    let mut reached = start;
    for _ in 0..MAX_READS {
        let page = read(reached.clone(), limit).await?;
        let length = page.rows.len();
        for (at, (cursor, row)) in page.rows.into_iter().enumerate() {
            reached = Some(cursor);
            if filter(&row) {
                rows.push(row);
            }
            if rows.len() == limit {
                let more = page.more || at + 1 < length;
                return Ok((rows, reached.filter(|_| more)));
            }
        }
        if !page.more || length == 0 {
            return Ok((rows, None));
        }
    }
    Ok((rows, reached))
}
