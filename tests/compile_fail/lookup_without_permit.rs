//! A `Warehouse` is asked with a `Permit` and nothing else, and what lies behind its door is private.

use gerbang::kernel::{ElemenSet, Nik};
use gerbang::warehouse::{Found, Rows, Warehouse, WarehouseError};

async fn by_nik(warehouse: &Warehouse, nik: &Nik) -> Result<Found, WarehouseError> {
    warehouse.find(nik).await //~ E0308: mismatched types
}

fn through_the_wall(warehouse: &Warehouse) -> &Rows {
    &warehouse.rows //~ E0616: field `rows` of struct
}

fn as_tools_do(warehouse: &Warehouse, nik: Nik) -> Result<Found, WarehouseError> {
    warehouse.read(nik, ElemenSet::ALL) //~ E0599: no method named `read` found
}

fn main() {}
