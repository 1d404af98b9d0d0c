//! Brands and departments.

use madoguchi_domain::organisation::{Brand, Department};
use madoguchi_domain::timers::{self, Organisation};
use madoguchi_domain::{BrandId, Channel, DepartmentId};
use serde::Serialize;

use super::{Directory, channel::saved};
use crate::Saved;
use crate::access;
use crate::error::StoreError;
use crate::item::{self, Item, n};

const BRANDS: &str = "brand";
const DEPARTMENTS: &str = "department";

impl Directory {
    /// Every brand, those that were given up among them.
    pub async fn brands(&self) -> Result<Vec<Brand>, StoreError> {
        self.list(BRANDS).await
    }

    /// The brand, given up or not.
    pub async fn brand(&self, id: BrandId) -> Result<Option<Brand>, StoreError> {
        access::get(&self.client, &self.table, item::key(BRANDS, id.to_string())).await
    }

    /// Writes a brand, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_brand(&self, brand: &Brand) -> Result<Saved, StoreError> {
        let next = Brand { rev: brand.rev + 1, ..brand.clone() };
        self.save(item::key(BRANDS, brand.id.to_string()), brand.rev, &next).await
    }

    /// Every department, those that were given up among them.
    pub async fn departments(&self) -> Result<Vec<Department>, StoreError> {
        self.list(DEPARTMENTS).await
    }

    /// The department, given up or not.
    pub async fn department(&self, id: DepartmentId) -> Result<Option<Department>, StoreError> {
        access::get(&self.client, &self.table, item::key(DEPARTMENTS, id.to_string())).await
    }

    /// Writes a department, if nobody has since it was read (`rev` 0: if there is none).
    pub async fn save_department(&self, department: &Department) -> Result<Saved, StoreError> {
        let next = Department { rev: department.rev + 1, ..department.clone() };
        self.save(item::key(DEPARTMENTS, department.id.to_string()), department.rev, &next).await
    }

    /// Departments and brands, as far as timers need them.
    pub async fn organisation(&self) -> Result<Organisation, StoreError> {
        Ok(Organisation::new(self.departments().await?, self.brands().await?))
    }

    /// `channel` with the timers that it takes over from its department and its brand (TMR-5). For reading alone.
    pub async fn with_timers(&self, channel: Channel) -> Result<Channel, StoreError> {
        if !timers::inherits(&channel) {
            return Ok(channel);
        }
        let department = match channel.department {
            Some(id) => self.department(id).await?,
            None => None,
        };
        let brand = match channel.brand {
            Some(id) => self.brand(id).await?,
            None => None,
        };
        Ok(Organisation::new(department, brand).resolve(channel))
    }

    /// Writes `next` where the item's `rev` is still `read`; 0 = where there is no item.
    pub(super) async fn save(
        &self,
        key: Item,
        read: u64,
        next: &impl Serialize,
    ) -> Result<Saved, StoreError> {
        let request = self.client.put_item().table_name(&self.table).set_item(Some(self.signed(key, next)?));
        let request = match read {
            0 => request.condition_expression("attribute_not_exists(pk)"),
            read => request.condition_expression("rev = :rev").expression_attribute_values(":rev", n(read)),
        };
        saved("PutItem", request.send().await)
    }
}
