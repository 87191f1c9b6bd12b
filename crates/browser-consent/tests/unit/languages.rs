//! The word lists, one test a language.

use crate::page::language::{Language, check};

#[test]
fn english() {
    check(&Language {
        consent: "Reader wants to access your data",
        approve: &["Allow", "Authorize Reader", "Approve", "Accept", "Grant access", "I agree"],
        deny: &["Deny", "Cancel", "Don’t allow", "No, thanks", "Not now", "Reject"],
        negated: "Allow nothing, Allow later, Never allow, Withdraw consent, Remove access you granted, Stop allowing, Grant no access, Continue without granting access, Approve none",
        go_on: &["Continue", "Yes", "OK", "Next", "Confirm"],
        sign_in: &["Sign in", "Log in", "Continue", "Next"],
        beside: &[
            "Continue with Google",
            "Sign up",
            "Forgot password?",
            "Use a passkey",
            "Email me a link",
        ],
        user: &["E-mail address", "Username", "Email or username"],
        code: &["One-time code", "Verification code", "Authentication code"],
        remember: "Remember this device",
        skip: &["Skip for now", "Maybe later", "Not now"],
        refuse_cookies: &["Reject all", "Only necessary"],
        accept_cookies: &["Accept all cookies", "Got it"],
        choose_place: "Choose a workspace",
        choose_account: "Choose an account",
        another_account: "Use another account",
        on_its_way: "Redirecting you …",
        locked: "This account is locked. Too many attempts.",
        policy: "Your administrator has not allowed this app",
        already: "This request has already been approved",
    });
}

#[test]
fn german() {
    check(&Language {
        consent: "Reader möchte Zugriff auf Ihre Daten",
        approve: &["Zulassen", "Erlauben", "Zustimmen", "Zugriff gewähren", "Autorisieren"],
        deny: &["Ablehnen", "Abbrechen", "Nein", "Nicht zulassen", "Zurück"],
        negated: "Keinen Zugriff gewähren, Später zulassen, Nichts erlauben, Zustimmung widerrufen, Ohne Zustimmung fortfahren",
        go_on: &["Weiter", "Ja", "Bestätigen", "Fortfahren"],
        sign_in: &["Anmelden", "Einloggen", "Weiter"],
        beside: &[
            "Mit Google anmelden",
            "Registrieren",
            "Passwort vergessen?",
            "Passkey",
            "Code senden",
        ],
        user: &["E-Mail-Adresse", "Benutzername"],
        code: &["Einmalcode", "Bestätigungscode"],
        remember: "Angemeldet bleiben",
        skip: &["Überspringen", "Später", "Jetzt nicht"],
        refuse_cookies: &["Alle ablehnen", "Nur notwendige"],
        accept_cookies: &["Alle akzeptieren", "Verstanden"],
        choose_place: "Arbeitsbereich auswählen",
        choose_account: "Wählen Sie ein Konto",
        another_account: "Anderes Konto verwenden",
        on_its_way: "Sie werden weitergeleitet",
        locked: "Ihr Konto ist gesperrt",
        policy: "Die Richtlinie Ihrer Firma erlaubt das nicht",
        already: "Der Zugriff wurde bereits erteilt",
    });
}

#[test]
fn french() {
    check(&Language {
        consent: "Reader demande l’accès à vos données",
        approve: &["Autoriser", "Accepter", "Approuver", "Permettre l’accès"],
        deny: &["Refuser", "Annuler", "Non", "Ne pas autoriser", "Retour"],
        negated: "N’autoriser aucun accès, Ne rien autoriser, Autoriser plus tard, Continuer sans accepter, Retirer l’autorisation",
        go_on: &["Continuer", "Oui", "Confirmer", "Suivant"],
        sign_in: &["Se connecter", "Connexion", "Suivant"],
        beside: &[
            "Se connecter avec Google",
            "S’inscrire",
            "Mot de passe oublié ?",
            "Clé d’accès",
            "Envoyer un code",
        ],
        user: &["Adresse e-mail", "Nom d’utilisateur", "Identifiant"],
        code: &["Code de vérification", "Code à usage unique"],
        remember: "Rester connecté",
        skip: &["Passer", "Plus tard"],
        refuse_cookies: &["Tout refuser", "Continuer sans accepter"],
        accept_cookies: &["Tout accepter", "J’accepte"],
        choose_place: "Choisissez une région",
        choose_account: "Choisissez un compte",
        another_account: "Utiliser un autre compte",
        on_its_way: "Veuillez patienter",
        locked: "Votre compte est verrouillé",
        policy: "Votre administrateur n’a pas donné son accord",
        already: "Cet accès est déjà autorisé",
    });
}

#[test]
fn spanish() {
    check(&Language {
        consent: "Reader solicita acceso a sus datos",
        approve: &["Permitir", "Autorizar", "Aceptar", "Aprobar", "Conceder acceso"],
        deny: &["Denegar", "Rechazar", "Cancelar", "No permitir", "Volver"],
        negated: "Dejar de permitir, No autorizar nada, Permitir más tarde, No conceder ningún acceso, Revocar y autorizar",
        go_on: &["Continuar", "Sí", "Confirmar", "Siguiente"],
        sign_in: &["Iniciar sesión", "Acceder", "Siguiente"],
        beside: &[
            "Continuar con Google",
            "Registrarse",
            "¿Olvidaste tu contraseña?",
            "Clave de acceso",
            "Enviar código",
        ],
        user: &["Correo electrónico", "Nombre de usuario", "Usuario"],
        code: &["Código de verificación", "Código de un solo uso"],
        remember: "Recordarme",
        skip: &["Omitir", "Ahora no", "Más tarde"],
        refuse_cookies: &["Rechazar todo", "Solo necesarias"],
        accept_cookies: &["Aceptar todas", "Entendido"],
        choose_place: "Elija un espacio de trabajo",
        choose_account: "Elige una cuenta",
        another_account: "Usar otra cuenta",
        on_its_way: "Redirigiendo",
        locked: "Cuenta bloqueada por demasiados intentos",
        policy: "Contacte con su administrador",
        already: "El acceso ya se ha concedido",
    });
}

#[test]
fn portuguese() {
    check(&Language {
        consent: "Reader pede permissão para ver os dados",
        approve: &["Permitir", "Autorizar", "Aceitar", "Aprovar"],
        deny: &["Negar", "Recusar", "Cancelar", "Não permitir", "Voltar"],
        negated: "Não permitir nada, Deixar de permitir, Autorizar mais tarde, Não autorizar nenhum acesso",
        go_on: &["Continuar", "Sim", "Confirmar", "Avançar"],
        sign_in: &["Entrar", "Iniciar sessão", "Próximo"],
        beside: &[
            "Continuar com Google",
            "Cadastrar",
            "Esqueci a senha",
            "Chave de acesso",
            "Enviar código",
        ],
        user: &["Endereço de e-mail", "Nome de usuário"],
        code: &["Código de verificação", "Código de uso único"],
        remember: "Lembrar de mim",
        skip: &["Pular", "Agora não", "Mais tarde"],
        refuse_cookies: &["Rejeitar tudo", "Apenas necessários"],
        accept_cookies: &["Aceitar todos", "Aceitar"],
        choose_place: "Escolha um espaço de trabalho",
        choose_account: "Escolha uma conta",
        another_account: "Usar outra conta",
        on_its_way: "Redirecionando, aguarde",
        locked: "Conta bloqueada",
        policy: "O administrador precisa aprovar",
        already: "Este pedido foi já aprovado",
    });
}

#[test]
fn italian() {
    check(&Language {
        consent: "Reader chiede l’accesso ai tuoi dati",
        approve: &["Consenti", "Autorizza", "Accetta", "Approva"],
        deny: &["Nega", "Rifiuta", "Annulla", "Non consentire", "Indietro"],
        negated: "Non consentire nulla, Nessun accesso da consentire, Autorizza più tardi, Continua senza consentire, Niente da autorizzare",
        go_on: &["Continua", "Sì", "Conferma", "Avanti"],
        sign_in: &["Accedi", "Entra", "Avanti"],
        beside: &[
            "Accedi con Google",
            "Registrati",
            "Password dimenticata?",
            "Chiave di accesso",
            "Invia codice",
        ],
        user: &["Indirizzo email", "Nome utente"],
        code: &["Codice di verifica", "Codice monouso"],
        remember: "Ricordami",
        skip: &["Salta", "Non ora", "Più tardi"],
        refuse_cookies: &["Rifiuta tutto", "Solo necessari"],
        accept_cookies: &["Accetta tutti", "Ho capito"],
        choose_place: "Scegli un’area di lavoro: area di lavoro",
        choose_account: "Scegli un account",
        another_account: "Usa un altro account",
        on_its_way: "Attendere prego",
        locked: "Account bloccato",
        policy: "Contatta il tuo amministratore",
        already: "Accesso già autorizzato",
    });
}

#[test]
fn dutch() {
    check(&Language {
        consent: "Reader vraagt toegang tot uw gegevens",
        approve: &["Toestaan", "Goedkeuren", "Accepteren", "Akkoord"],
        deny: &["Weigeren", "Annuleren", "Nee", "Niet toestaan", "Terug"],
        negated: "Geen toegang toestaan, Later toestaan, Niets toestaan, Toestaan zonder toegang, Toestemming intrekken",
        go_on: &["Doorgaan", "Ja", "Bevestigen", "Volgende"],
        sign_in: &["Inloggen", "Aanmelden", "Volgende"],
        beside: &["Inloggen met Google", "Registreren", "Wachtwoord vergeten?", "Toegangssleutel"],
        user: &["E-mailadres", "Gebruikersnaam"],
        code: &["Verificatiecode", "Eenmalige code"],
        remember: "Ingelogd blijven",
        skip: &["Overslaan", "Niet nu"],
        refuse_cookies: &["Alles weigeren", "Alleen noodzakelijk"],
        accept_cookies: &["Alles accepteren", "Akkoord"],
        choose_place: "Kies een werkruimte",
        choose_account: "Kies een account",
        another_account: "Ander account gebruiken",
        on_its_way: "Even geduld",
        locked: "Uw account is vergrendeld",
        policy: "Uw beheerder staat dit niet toe",
        already: "De toegang is al toegestaan",
    });
}

#[test]
fn japanese() {
    check(&Language {
        consent: "Reader がデータへのアクセスを求めています",
        approve: &["許可", "許可する", "アクセスを許可する", "承認", "同意する"],
        deny: &["拒否", "許可しない", "キャンセル", "いいえ", "同意しません", "戻る"],
        negated: "許可せずに続行, 同意せずに続ける, 許可なしで続行, 同意を撤回する, 許可を取り消す, 後で許可する, 許可できない",
        go_on: &["続行", "はい", "次へ", "確認"],
        sign_in: &["ログイン", "サインイン", "次へ"],
        beside: &[
            "Googleで続行",
            "新規登録",
            "パスワードを忘れた",
            "パスキーを使用",
            "コードを送信",
        ],
        user: &["メールアドレス", "ユーザー名"],
        code: &["確認コード", "認証コード", "ワンタイムパスワード"],
        remember: "ログイン状態を保持する",
        skip: &["スキップ", "後で", "今はしない"],
        refuse_cookies: &["すべて拒否", "必須のみ"],
        accept_cookies: &["すべて同意", "同意する"],
        choose_place: "ワークスペースを選択",
        choose_account: "アカウントを選択してください",
        another_account: "別のアカウントを使用",
        on_its_way: "しばらくお待ちください",
        locked: "アカウントがロックされています",
        policy: "管理者にお問い合わせください",
        already: "すでに許可されています",
    });
}

#[test]
fn chinese() {
    check(&Language {
        consent: "Reader 请求访问您的数据",
        approve: &["允许", "授权", "同意", "允許", "授權", "批准访问"],
        deny: &["拒绝", "取消", "不允许", "不同意", "拒絕", "返回"],
        negated: "撤销授权, 解除授权, 收回授权, 无需授权, 以后授权, 撤銷授權, 未授权",
        go_on: &["继续", "是", "下一步", "确定", "繼續"],
        sign_in: &["登录", "登入", "下一步"],
        beside: &["使用 Google 登录", "注册", "忘记密码？", "通行密钥", "发送验证码"],
        user: &["电子邮件", "用户名", "邮箱", "電子郵件"],
        code: &["验证码", "驗證碼", "一次性密码"],
        remember: "记住我",
        skip: &["跳过", "暂不", "稍后", "略過"],
        refuse_cookies: &["全部拒绝", "仅必要"],
        accept_cookies: &["全部接受", "知道了"],
        choose_place: "选择工作区",
        choose_account: "选择账号",
        another_account: "使用其他账号",
        on_its_way: "正在跳转，请稍候",
        locked: "账号已被锁定",
        policy: "请联系管理员",
        already: "您已授权此应用",
    });
}
