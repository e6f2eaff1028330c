//! `ConsultarCampanha`: the campaigns this sale may choose, the best for the customer first (contract 4.5).

use jiff::civil::DateTime;
use ponte_domain::campaign::{Offer, SaleFacts, offers};
use ponte_platform::failure::Failure;

use super::post::sale_facts;
use crate::hub::{Call, Hub, Operation, body};
use crate::wire::{Campaign, ConsultarCampanhaRequest, ConsultarCampanhaResponse};

/// The operation.
pub struct ConsultarCampanha;

impl Operation for ConsultarCampanha {
    const NAME: &'static str = "ConsultarCampanha";

    async fn handle(hub: &Hub, call: &Call<'_>) -> Result<String, Failure> {
        let request = ConsultarCampanhaRequest::read(&call.body)?;
        let sale = request.sale.unwrap_or_default();
        sale.cpf.required()?;
        let facts = sale_facts(call, &sale)?;
        // Where the account closed at the salon earns, the till has nothing to choose from.
        let campanhas = if call.earns() { offered(hub, call, &facts).await? } else { Vec::new() };
        body(&ConsultarCampanhaResponse {
            identificador_transacao: call.identifier(),
            campanhas,
            habilita_botao_nao_bonificar: call.settings().offers_decline_bonus_button,
        })
    }
}

async fn offered(hub: &Hub, call: &Call<'_>, facts: &SaleFacts) -> Result<Vec<Campaign>, Failure> {
    let campaigns = hub.directory.campaigns(&call.store().program).await?;
    Ok(offers(&campaigns, facts, &call.settings().zone(), call.now).iter().map(shown).collect())
}

fn shown(offer: &Offer<'_>) -> Campaign {
    let (first, last) = offer.campaign.period();
    Campaign {
        id: offer.campaign.id.0,
        descricao: offer.campaign.description.clone(),
        texto_complementar: offer.campaign.text.clone(),
        valor_desconto: offer.bonus.into(),
        data_inicio: as_sampled(first),
        data_final: as_sampled(last),
    }
}

/// The store's calendar in the form of the page's samples: their `Z` cannot be told to be real UTC, and a campaign's
/// day must not shift on the screen.
fn as_sampled(local: DateTime) -> String {
    local.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}
