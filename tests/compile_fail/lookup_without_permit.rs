//! A `View` of the warehouse is asked with a `Permit` and nothing else, and what lies behind its door is private.

use gerbang::kernel::{ElemenSet, Nik};
use gerbang::warehouse::{Found, Rows, View, WarehouseError};

async fn by_nik(view: &View, nik: &Nik) -> Result<Found, WarehouseError> {
    view.find(nik).await //~ E0308: mismatched types
}

fn through_the_wall(view: &View) -> &Rows {
    &view.rows //~ E0616: field `rows` of struct
}

fn as_tools_do(view: &View, nik: Nik) -> Result<Found, WarehouseError> {
    view.read(nik, ElemenSet::ALL) //~ E0599: no method named `read` found
}

fn main() {}
