//! Pages of 50 (contract section 3).

use ponte_platform::fields::Fields;
use reqwest::Method;

use super::{Answer, At, Call, Trinks, TrinksError};
use crate::lenient::Lenient;

/// What one page asks for: the most that Trinks gives.
const PAGE_SIZE: u64 = 50;
/// Pages of one list that are walked: 10,000 records. A list that is longer is asked for in smaller periods.
const PAGES: u64 = 200;

/// One page of a list.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// What could be read of it.
    pub items: Vec<T>,
    /// Which page it is, from 1.
    pub page: u64,
    /// How many there are.
    pub pages: u64,
    /// How many records Trinks says there are in all.
    pub records: u64,
    /// Elements that could not be read: such a list proves no absence.
    pub unreadable: usize,
}

impl<T> Page<T> {
    /// Whether there are more.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.page >= self.pages
    }

    /// Refuses what came with fewer records than it says.
    fn must_be_whole(self) -> Result<Self, TrinksError> {
        let came = (self.items.len() + self.unreadable) as u64;
        if came >= self.records {
            return Ok(self);
        }
        let why = format!("a list came with {came} of its {} records", self.records);
        Err(TrinksError::Unavailable { why, maybe_done: false })
    }
}

/// What a list asks for.
pub(super) struct List {
    pub(super) purpose: &'static str,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
}

impl Trinks {
    /// One page of a list.
    pub(super) async fn page<T>(
        &self,
        at: At<'_>,
        list: &List,
        page: u64,
        read: impl Fn(&mut Lenient<'_>) -> Option<T>,
    ) -> Result<Page<T>, TrinksError> {
        let mut query = vec![("page", page.to_string()), ("pageSize", PAGE_SIZE.to_string())];
        query.extend(list.query.iter().cloned());
        let call = Call { purpose: list.purpose, method: Method::GET, path: list.path.clone(), query, body: None, at };
        read_page(&self.call(call).await?, page, read)
    }

    /// All pages of a list. What was read before a page that fails is lost: for lists that are short. A list that comes with
    /// fewer records than it says (an empty page can be spurious, contract section 6, item 8) is no list.
    pub(super) async fn all<T>(
        &self,
        at: At<'_>,
        list: &List,
        read: impl Fn(&mut Lenient<'_>) -> Option<T>,
    ) -> Result<Page<T>, TrinksError> {
        let mut whole = self.page(at, list, 1, &read).await?;
        for number in 2..=whole.pages.min(PAGES) {
            let page = self.page(at, list, number, &read).await?;
            whole.items.extend(page.items);
            whole.unreadable += page.unreadable;
            whole.page = number;
            whole.records = whole.records.max(page.records);
        }
        whole.must_be_whole()
    }
}

fn read_page<T>(
    answer: &Answer,
    asked: u64,
    read: impl Fn(&mut Lenient<'_>) -> Option<T>,
) -> Result<Page<T>, TrinksError> {
    // A bare list was never seen of these routes, and is no page: it is refused rather than taken for a whole.
    let fields = Fields::parse(&answer.body).map_err(|_| TrinksError::Unreadable("a page is not an object"))?;
    let number = |name| fields.integer(name).ok().flatten();
    let data = fields.list("data", 10_000).map_err(|_| TrinksError::Unreadable("data is not a list"))?;
    let elements = data.len();
    let items: Vec<T> = data.iter().filter_map(|element| read(&mut Lenient::new(element.object()?))).collect();
    Ok(Page {
        unreadable: elements - items.len(),
        items,
        page: asked,
        pages: number("totalPages").unwrap_or(asked),
        records: number("totalRecords").unwrap_or(elements as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_lacks_one_of_its_pages_is_no_list() {
        let list =
            |items: usize, unreadable| Page { items: vec![0; items], page: 2, pages: 2, records: 80, unreadable };
        assert!(list(50, 0).must_be_whole().is_err(), "the second page was empty by mistake");
        assert!(list(79, 1).must_be_whole().is_ok());
        assert!(list(81, 0).must_be_whole().is_ok(), "one more came while it was walked");
    }
}
