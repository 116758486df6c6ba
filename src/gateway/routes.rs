//! The one table of routes: method, path, what it is called in metrics and tests.

use hyper::Method as Verb;

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// `POST /v1/verify`
    Verify,
    /// `POST /v1/verify/batch`
    Batch,
    /// `POST /v1/retrieve`
    Retrieve,
    /// `GET /v1/agreement`
    Agreement,
    /// The DWH web service, both forms of its path.
    Dwh,
}

/// A row of the table. `{..}` in a pattern stands for one segment.
#[derive(Debug)]
pub struct Route {
    /// What it does.
    pub deed: Deed,
    /// The HTTP method it takes.
    pub verb: Verb,
    /// Its path.
    pub pattern: &'static str,
    /// Its name in metrics.
    pub name: &'static str,
}

/// Every route of the API listener.
pub const ROUTES: [Route; 6] = [
    Route { deed: Deed::Verify, verb: Verb::POST, pattern: "/v1/verify", name: "v1_verify" },
    Route { deed: Deed::Batch, verb: Verb::POST, pattern: "/v1/verify/batch", name: "v1_verify_batch" },
    Route { deed: Deed::Retrieve, verb: Verb::POST, pattern: "/v1/retrieve", name: "v1_retrieve" },
    Route { deed: Deed::Agreement, verb: Verb::GET, pattern: "/v1/agreement", name: "v1_agreement" },
    Route { deed: Deed::Dwh, verb: Verb::POST, pattern: "/dukcapil/get_json/{lembaga}/{method}", name: "dwh" },
    Route { deed: Deed::Dwh, verb: Verb::POST, pattern: "/dukcapil/get_json/{wilayah}/{lembaga}/{method}", name: "dwh" },
];

/// What a request line leads to.
pub(super) enum Found<'a> {
    /// A route, with the segments that stand for `{..}`.
    Route(&'static Route, Vec<&'a str>),
    /// A path that takes other HTTP methods: the `Allow` field.
    OtherVerb(&'static Route),
    /// Nothing.
    Nothing,
}

/// Looks a request line up.
pub(super) fn find<'a>(verb: &Verb, path: &'a str) -> Found<'a> {
    let mut other = None;
    for route in &ROUTES {
        if let Some(segments) = matches(route.pattern, path) {
            if route.verb == *verb {
                return Found::Route(route, segments);
            }
            other = Some(route);
        }
    }
    other.map_or(Found::Nothing, Found::OtherVerb)
}

fn matches<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    if !pattern.contains('{') {
        return (pattern == path).then(Vec::new);
    }
    let mut segments = Vec::new();
    let mut given = path.split('/');
    for wanted in pattern.split('/') {
        let segment = given.next()?;
        if wanted.starts_with('{') {
            if segment.is_empty() {
                return None;
            }
            segments.push(segment);
        } else if wanted != segment {
            return None;
        }
    }
    given.next().is_none().then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_both_forms_of_the_dwh_path() {
        let segments = |path| match find(&Verb::POST, path) {
            Found::Route(route, segments) if route.deed == Deed::Dwh => segments,
            _ => Vec::new(),
        };
        assert_eq!(segments("/dukcapil/get_json/123456789012345/CALL_NIK"), ["123456789012345", "CALL_NIK"]);
        assert_eq!(segments("/dukcapil/get_json/33-74/IDINSOS_3374/GET_NIK"), ["33-74", "IDINSOS_3374", "GET_NIK"]);
        for path in ["/dukcapil/get_json/x", "/dukcapil/get_json//GET_NIK", "/dukcapil/get_json/a/b/c/d", "/v1/verify/"] {
            assert!(matches!(find(&Verb::POST, path), Found::Nothing), "{path}");
        }
    }

    #[test]
    fn a_known_path_with_another_verb_is_told_apart_from_nothing() {
        assert!(matches!(find(&Verb::GET, "/v1/verify"), Found::OtherVerb(route) if route.verb == Verb::POST));
        assert!(matches!(find(&Verb::GET, "/v2/verify"), Found::Nothing));
    }
}
