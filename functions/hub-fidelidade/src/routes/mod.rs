//! The eight operations, one file each. A file is the story of its request.

mod atualizar_cliente;
mod consultar_campanha;
mod consultar_saldo_cliente;
mod enviar_pin;
mod estornar_bonus;
mod gerar_bonus;
mod post;
mod resgatar_saldo;
mod validar_pin;

pub use atualizar_cliente::AtualizarCliente;
pub use consultar_campanha::ConsultarCampanha;
pub use consultar_saldo_cliente::ConsultarSaldoCliente;
pub use enviar_pin::EnviarPin;
pub use estornar_bonus::EstornarBonus;
pub use gerar_bonus::GerarBonus;
pub use resgatar_saldo::ResgatarSaldo;
pub use validar_pin::ValidarPin;
