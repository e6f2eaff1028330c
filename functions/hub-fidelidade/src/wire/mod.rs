//! The wire's own names and forms. They stop here: routes turn them into domain types.
//!
//! A request struct is written once, with the macro `request!`: from it come the reader (lenient, as the contract's list of
//! oddities says) and the schema of the OpenAPI document.

mod kinds;
mod requests;
mod responses;
mod sale;

pub use kinds::{
    Amount, GivenCpf, Identifier, Informative, Personal, PersonalNumber, ProductCode, Read, ReadObject, Text, Whole,
};
pub use requests::{
    Address, AtualizarClienteRequest, ConsultarCampanhaRequest, ConsultarSaldoClienteRequest, Contact,
    EnviarPinRequest, EstornarBonusRequest, GerarBonusRequest, ResgatarSaldoRequest, ValidarPinRequest,
};
pub use responses::{
    AtualizarClienteResponse, Campaign, ConsultarCampanhaResponse, ConsultarSaldoClienteResponse, EnviarPinResponse,
    ErrorBody, EstornarBonusResponse, GerarBonusResponse, ResgatarSaldoResponse, ValidarPinResponse, timestamp,
    with_identifier,
};
pub use sale::{FormaDePagamento, Item, Seller, Venda};
