//! The eight requests (contract section 4). No field is flagged obligatory on the page; what a route cannot work
//! without, it refuses itself.

use super::kinds::{Amount, GivenCpf, Identifier, Personal, PersonalNumber, ReadObject as _, Text, Whole, request};
use super::sale::Venda;
use ponte_domain::refusal::Refusal;
use ponte_platform::fields::Fields;

request! {
    /// `AtualizarCliente` (4.1).
    AtualizarClienteRequest {
        /// Traces the call.
        transaction: Text = "IdentificadorTransacao",
        /// The customer's CPF; upper case in this route only.
        cpf: GivenCpf = "CPF",
        /// Name.
        name: Personal = "Nome",
        /// Identity card.
        rg: Personal = "RG",
        /// Occupation.
        occupation: Personal = "Profissao",
        /// Mother's name.
        mother: Personal = "NomeMae",
        /// Father's name.
        father: Personal = "NomePai",
        /// Spouse's name.
        spouse: Personal = "NomeConjuge",
        /// Place of birth.
        birthplace: Personal = "Naturalidade",
        /// 1 to 7; 0 counts as not told.
        marital_status: Personal = "EstadoCivil",
        /// 0 not told, 1 male, 2 female.
        sex: Personal = "Sexo",
        /// Schooling; misspelt on the wire.
        schooling: Personal = "Escolariedade" | "Escolaridade",
        /// Dependants.
        dependants: Personal = "NumeroDependentes",
        /// Date of birth.
        birth_date: Personal = "DataNascimento",
        /// Income.
        income: Personal = "RendaMensal",
        /// Employer.
        workplace: Personal = "LocalDeTrabalho",
        /// Time with the employer.
        time_in_job: Personal = "TempoNoAtualEmprego",
        /// Address.
        address: Option<Address> = "Endereco",
        /// Phones and e-mail.
        contact: Option<Contact> = "Contato",
    }
}

request! {
    /// Address.
    informative Address {
        /// Postcode.
        postcode: Personal = "Cep",
        /// Street.
        street: Personal = "Logradouro",
        /// House number.
        number: Personal = "Numero",
        /// Flat.
        complement: Personal = "Complemento",
        /// District.
        district: Personal = "Bairro",
        /// City.
        city: Personal = "Cidade",
        /// State.
        state: Personal = "UF",
        /// Country.
        country: Personal = "Pais",
    }
}

request! {
    /// Phones and e-mail.
    informative Contact {
        /// Landline.
        landline: PersonalNumber = "Telefone",
        /// Mobile.
        mobile: PersonalNumber = "Celular",
        /// E-mail.
        email: Personal = "Email",
    }
}

request! {
    /// `ConsultarSaldoCliente` (4.2).
    ConsultarSaldoClienteRequest {
        /// Traces the call.
        transaction: Text = "IdentificadorTransacao",
        /// The sale so far; may be empty but for the CPF.
        sale: Option<Venda> = "Venda",
    }
}

request! {
    /// `EnviarPin` (4.3).
    EnviarPinRequest {
        /// Traces the call, and makes a repetition harmless.
        transaction: Text = "IdentificadorTransacao",
        /// Ignored: a PIN goes only to the contact on file, or an operator could drain a balance.
        mobile: PersonalNumber = "Celular",
        /// Ignored for the same reason.
        email: Personal = "Email",
        /// The customer's CPF.
        cpf: GivenCpf = "Cpf",
        /// 1 mobile, 2 e-mail; absent: the store's setting.
        channel: Whole = "TipoPin",
    }
}

request! {
    /// `ValidarPin` (4.4).
    ValidarPinRequest {
        /// Traces the call.
        transaction: Text = "IdentificadorTransacao",
        /// The customer's CPF.
        cpf: GivenCpf = "Cpf",
        /// What the customer said.
        pin: PersonalNumber = "Pin",
    }
}

request! {
    /// `ConsultarCampanha` (4.5).
    ConsultarCampanhaRequest {
        /// Traces the call.
        transaction: Text = "IdentificadorTransacao",
        /// The sale.
        sale: Option<Venda> = "Venda",
    }
}

request! {
    /// `ResgatarSaldo` (4.6).
    ResgatarSaldoRequest {
        /// Makes a repetition harmless.
        transaction: Text = "IdentificadorTransacao",
        /// The customer's CPF.
        cpf: GivenCpf = "Cpf",
        /// The sale's net total.
        sale_net: Amount = "VendaValorLiquido",
        /// How much bonus money to use.
        amount: Amount = "ValorResgatado",
    }
}

request! {
    /// `GerarBonus` (4.7).
    GerarBonusRequest {
        /// Makes a repetition harmless.
        transaction: Text = "IdentificadorTransacao",
        /// The chosen campaign; null for none.
        campaign: Whole = "CampanhaId",
        /// The sale, with its fiscal note.
        sale: Option<Venda> = "Venda",
    }
}

request! {
    /// `EstornarBonus` (4.8).
    EstornarBonusRequest {
        /// Makes a repetition harmless, and finds an open redemption.
        transaction: Text = "IdentificadorTransacao",
        /// Fiscal note: number.
        note_number: Identifier = "DocumentoNF",
        /// Fiscal note: series.
        note_series: Identifier = "SerieNF",
        /// The customer's CPF; needed when there is no note.
        cpf: GivenCpf = "Cpf",
    }
}

macro_rules! readable {
    ($($request:ty),+) => {$(
        impl $request {
            /// Reads the request out of its body.
            ///
            /// # Errors
            /// The refusal of the first field that cannot be read.
            pub fn read(body: &Fields<'_>) -> Result<Self, Refusal> {
                Self::read_object(body)
            }
        }
    )+};
}

readable!(
    AtualizarClienteRequest,
    ConsultarSaldoClienteRequest,
    EnviarPinRequest,
    ValidarPinRequest,
    ConsultarCampanhaRequest,
    ResgatarSaldoRequest,
    GerarBonusRequest,
    EstornarBonusRequest
);
