//! What buttons, fields and pages say, in nine languages.

use crate::page::phrases::Phrases;

pub(crate) const DENY: Phrases = Phrases(
    "
    deny, decline, reject, refuse, cancel, abort, no, not, not now, dont, do not, never, without, disallow, dismiss,
    back, block, disagree, revoke, ablehnen, abbrechen, verweigern, nein, nicht, zurück, verbieten, niemals, ohne,
    refuser, annuler, non, rejeter, pas, jamais, retour, interdire, sans, denegar, rechazar, cancelar, rehusar,
    volver, atrás, nunca, sin, negar, recusar, rejeitar, não, nao, voltar, sem, nega, negare, rifiuta, rifiutare,
    annulla, annullare, indietro, mai, senza, weigeren, afwijzen, annuleren, nee, niet, terug, nooit, zonder,
    拒否, 拒絶, 辞退, 許可しない, 同意しない, しない, しません, キャンセル, 中止, 中断, いいえ, 戻る, 却下, 拒绝, 拒絕, 取消, 不, 否,
    返回, 禁止, 暂不, 稍后, 稍後, 放弃, 放棄,
    none, nothing, later, withdraw, remove, delete, stop, kein, keine, keinen, keinem, keinerlei, nichts, später,
    entfernen, löschen, widerrufen, n, ne, aucun, aucune, rien, tard, supprimer, retirer, révoquer, cesser, ningún,
    ninguno, ninguna, nada, tarde, dejar, quitar, eliminar, revocar, nenhum, nenhuma, depois, deixar, parar, remover,
    revogar, nessun, nessuno, nessuna, niente, tardi, dopo, smettere, rimuovi, rimuovere, elimina, revoca, revocare,
    geen, niets, intrekken, verwijderen, stoppen,
    せず, なし, できない, 撤回, 取り消, 後で, あとで, 削除, 解除, やめる, 无, 無, 未, 撤销, 撤銷, 收回, 以后, 以後, 移除, 删除, 刪除, 停止",
);

/// Buttons that lead somewhere else than forward.
pub(crate) const ASIDE: Phrases = Phrases(
    "
    another account, different account, other account, another user, different user, switch, not you, edit, policy,
    privacy, terms, help, request access, report, home, settings, manage, learn more, details, show, hide, sign out,
    log out, logout, sign up, signup, register, create account, create an account, forgot, forgotten, reset,
    newsletter, subscribe, cookie, cookies, forget, exit, leave, quit, abonnieren, beenden, verlassen, s abonner, oublier,
    quitter, suscribirse, olvidar, salir, assinar, esquecer, iscriviti, dimentica, uscire, abonneren, afsluiten,
    verlaten, 購読, 終了, 订阅, 訂閱, 离开, 離開, anderes konto, wechseln, bearbeiten, datenschutz, hilfe, abmelden, registrieren,
    vergessen, konto erstellen, anzeigen, zurücksetzen, autre compte, changer, modifier, confidentialité, aide,
    déconnexion, se déconnecter, inscrire, s inscrire, oublié, créer un compte, afficher, réinitialiser, otra cuenta,
    cambiar, editar, privacidad, ayuda, cerrar sesión, registrarse, crear cuenta, olvidé, olvidaste, mostrar,
    restablecer, outra conta, trocar, privacidade, ajuda, sair, cadastrar, criar conta, esqueci, esqueceu, redefinir,
    altro account, cambia, modifica, aiuto, esci, registrati, crea account, dimenticato, dimenticata, mostra,
    reimposta, ander account, wijzigen, bewerken, uitloggen, afmelden, registreren, account aanmaken, vergeten,
    tonen, resetten,
    別のアカウント, 他のアカウント, 切り替え, 編集, 変更, ポリシー, プライバシー, 利用規約, ヘルプ, 設定, 詳細, 表示, 隠す, ログアウト,
    サインアウト, 新規登録, 登録, アカウントを作成, 忘れた, お忘れ, リセット, 再設定, クッキー, 其他帐户, 其他账户, 其他账号, 其他帳戶, 切换, 切換,
    编辑, 編輯, 隐私, 隱私, 条款, 條款, 帮助, 幫助, 设置, 設定, 详情, 詳情, 显示, 顯示, 隐藏, 隱藏, 退出, 登出, 注册, 註冊, 创建, 建立,
    忘记, 忘記, 重置, 重設",
);

/// Ways to sign in that need something we do not have.
pub(crate) const OTHER_SIGN_IN: Phrases = Phrases(
    "
    passkey, passkeys, security key, sso, single sign on, saml, magic, magic link, email me, send link, send a link,
    send code, send a code, qr code, fingerprint, face id,
    hauptschlüssel, sicherheitsschlüssel, fingerabdruck, link senden, code senden, clé d accès, clé de sécurité, empreinte,
    envoyer un lien, envoyer un code, clave de acceso, llave de seguridad, huella, enviar enlace, enviar código,
    chave de acesso, chave de segurança, impressão digital, enviar link, chiave di accesso, chiave di sicurezza, impronta,
    invia link, invia codice, toegangssleutel, beveiligingssleutel, vingerafdruk, パスキー, セキュリティキー, セキュリティ キー,
    指紋, コードを送信, リンクを送信, シングルサインオン, 通行密钥, 通行密鑰, 安全密钥, 安全金鑰, 指纹, 指紋, 发送验证码, 發送驗證碼, 扫码, 单点登录",
);

pub(crate) const PROVIDERS: Phrases = Phrases(
    "
    google, apple, github, gitlab, bitbucket, microsoft, azure, facebook, twitter, x, linkedin, slack, discord, okta,
    auth0, amazon, yahoo, steam, twitch, spotify, notion, openid, dropbox, keycloak, line, kakao, naver, qq, wechat,
    微信, 微博, 支付宝",
);

pub(crate) const WITH: Phrases = Phrases(
    "
    with, using, via, through, mit, über, avec, con, com, tramite, met,
    で, 使用, 通过, 透過, 用",
);

/// What we do have to sign in with.
pub(crate) const OURS: Phrases = Phrases(
    "
    email, e mail, mail, username, password, passwort, kennwort, benutzername, mot de passe, adresse, identifiant,
    correo, contraseña, usuario, senha, usuário, posta, utente, wachtwoord, e mailadres, gebruikersnaam,
    メール, パスワード, ユーザー名, 邮箱, 電子郵件, 电子邮件, 密码, 密碼, 用户, 帐号, 账号, 帳號",
);

pub(crate) const LOGIN: Phrases = Phrases(
    "
    login, log in, sign in, signin, log on, next, continue, verify, submit, anmelden, einloggen, weiter, fortfahren,
    connexion, se connecter, connecter, suivant, continuer, s identifier, iniciar sesión, acceder, ingresar, entrar,
    siguiente, continuar, iniciar sessão, próximo, avançar, seguinte, acessar, accedi, avanti, continua, entra,
    inloggen, aanmelden, volgende, doorgaan, verder,
    ログイン, サインイン, 次へ, 続行, 続ける, 確認, 送信, 登录, 登入, 登錄, 下一步, 继续, 繼續, 验证, 驗證, 提交",
);

pub(crate) const STRONG: Phrases = Phrases(
    "
    allow, authorize, authorise, approve, accept, grant, consent, agree, permit, erlauben, zulassen, autorisieren,
    genehmigen, zustimmen, akzeptieren, gewähren, einwilligen, autoriser, accepter, approuver, permettre, consentir,
    accorder, permitir, autorizar, aceptar, aprobar, conceder, aceitar, aprovar, consenti, autorizza, accetta,
    approva, permetti, consentire, autorizzare, accettare, toestaan, autoriseren, goedkeuren, accepteren, akkoord,
    machtigen,
    許可, 承認, 同意, 認可, 受け入れる, 允许, 允許, 授权, 授權, 批准, 同意, 接受, 许可",
);

pub(crate) const WEAK: Phrases = Phrases(
    "
    continue, yes, ok, okay, confirm, next, connect, proceed, weiter, fortfahren, ja, bestätigen, verbinden,
    continuer, oui, confirmer, suivant, connecter, continuar, sí, si, confirmar, siguiente, conectar, sim, avançar,
    próximo, continua, sì, conferma, avanti, connetti, doorgaan, verder, bevestigen, volgende,
    続行, 続ける, はい, 次へ, 確認, 接続, 继续, 繼續, 是, 确定, 確定, 确认, 確認, 下一步, 连接, 連接",
);

/// Labels that decline an offer: a passkey, a second factor, a tour.
pub(crate) const SKIP: Phrases = Phrases(
    "
    skip, skip for now, not now, maybe later, later, remind me later, do this later, no thanks, überspringen, später,
    jetzt nicht, passer, plus tard, ignorer, omitir, más tarde, ahora no, pular, mais tarde, agora não, salta,
    più tardi, non ora, overslaan, niet nu,
    nu overslaan, skip this step, diesen schritt überspringen, überspringen und fortfahren, passer cette étape, omitir por ahora,
    omitir este paso, pular por enquanto, pular esta etapa, salta per ora, später erinnern, voorlopig overslaan, later doen,
    スキップ, 後で, あとで, 今はしない, 今はスキップ, 後で設定する, 跳过, 跳過, 略過, 以后再说, 以後再說, 暂不, 稍后, 稍後, 暂时跳过",
);

/// What an offer beside the sign-in says: of a passkey, a device that is remembered, an app to get, a newsletter.
pub(crate) const OFFER: Phrases = Phrases(
    "
    passkey, passkeys, trust this device, trust this browser, remember this device, remember this browser, get the app,
    get our app, download the app, download our app, newsletter, updates by email, sign in faster, fingerprint, face id,
    diesem gerät vertrauen, diesem browser vertrauen, gerät merken, app herunterladen, hauptschlüssel,
    faire confiance à cet appareil, faire confiance à ce navigateur, mémoriser cet appareil, télécharger l application,
    clé d accès, lettre d information, confiar en este dispositivo, confiar en este navegador, recordar este dispositivo,
    descargar la aplicación, clave de acceso, boletín, confiar neste dispositivo, confiar neste navegador,
    lembrar este dispositivo, baixar o aplicativo, chave de acesso, considera attendibile, ricorda questo dispositivo,
    scarica l app, chiave di accesso, dit apparaat vertrouwen, deze browser vertrouwen, dit apparaat onthouden,
    download de app, toegangssleutel, パスキー, このデバイスを信頼, このデバイスを記憶, アプリをダウンロード, メールマガジン,
    通行密钥, 通行密鑰, 信任此设备, 信任此裝置, 记住此设备, 記住此裝置, 下载应用, 下載應用",
);

/// Words by which a page says that what was typed is not right.
pub(crate) const WRONG: Phrases = Phrases(
    "
    incorrect, invalid, wrong, enter the correct, enter a correct, enter a valid, not correct, isnt correct, not right, does not match, do not match, doesnt match, dont match,
    not recognized, not recognised, dont recognize, unknown, not known, not found, couldnt find, could not find, does not exist,
    doesnt exist, bad credentials, does not belong, no account, login failed, sign in failed, authentication failed, authentication error, login error,
    falsch, falsches, ungültig, ungültige, ungültiger, ungültiges, nicht korrekt, stimmt nicht, stimmen nicht, unbekannt,
    nicht gefunden, incorrecte, incorrects, invalide, mauvais, erroné, ne correspond pas, ne correspondent pas, inconnu, introuvable,
    incorrecta, incorrectos, inválido, inválida, no válido, no coincide, no coinciden, desconocido, no encontrado,
    incorreto, incorreta, incorretos, não confere, não corresponde, desconhecido, não encontrado, errato, errata, errati,
    non corretto, non valido, non valida, non corrisponde, sconosciuto, non trovato, onjuist, onjuiste, ongeldig, ongeldige,
    verkeerd, klopt niet, komt niet overeen, onbekend, niet gevonden, 正しくありません, 間違, 無効, 一致しません, 見つかりません,
    不正确, 不正確, 错误, 錯誤, 无效, 無效, 不匹配, 不符, 不存在, 有误, 有誤",
);

/// Words of a form that came back because it took too long.
pub(crate) const EXPIRED: Phrases = Phrases(
    "
    expired, timed out, timeout, took too long, session has ended, start over, begin again, abgelaufen, zu lange, expiré,
    expirée, trop de temps, trop longtemps, caducado, caducada, expirado, expirada, demasiado tiempo, expirou,
    demorou demais, scaduta, scaduto, troppo tempo, verlopen, te lang, 期限切れ, タイムアウト, 有効期限, 过期, 過期, 超时, 逾時",
);

/// Words of a page on which a device is given a secret.
pub(crate) const ENROL: Phrases = Phrases(
    "
    scan, set up, setup, enroll, enrol, enrollment, unable to scan, einrichten, einscannen, scannen, scannez, scanner,
    configurer, escanea, escanear, configurar, escaneie, scansiona, configura, configurare, instellen,
    スキャン, 読み取, 設定, 扫描, 掃描, 设置, 設置",
);

/// Labels that take a layer off the page and decide nothing.
pub(crate) const CLOSE: Phrases = Phrases(
    "
    close, skip, got it, schließen, überspringen, fermer, passer, cerrar, omitir, fechar, pular, chiudi, salta, sluiten,
    overslaan, 閉じる, スキップ, 关闭, 關閉, 跳过, 跳過",
);

/// Words on a page that asks for consent.
pub(crate) const CONSENT: Phrases = Phrases(
    "
    access, permission, permissions, authorize, authorise, authorization, allow, consent, grant, would like to,
    wants to, scope, scopes, zugriff, berechtigung, berechtigungen, accès, autorisation, autorisations, acceso,
    permiso, permisos, acesso, permissão, permissões, accesso, autorizzazione, autorizzazioni, toegang, toestemming,
    アクセス, 許可, 権限, 同意, 承認, 认可, 访问, 訪問, 存取, 权限, 權限, 授权, 授權",
);

pub(crate) const COOKIE: Phrases = Phrases("cookie, cookies, クッキー, 饼干");

/// Labels that go on without anything that is not necessary.
pub(crate) const REFUSE_COOKIES: Phrases = Phrases(
    "
    reject all, reject, reject cookies, decline, decline all, deny, deny all, allow selection, accept selection, refuse, only necessary, necessary only, essential only,
    only essential, use necessary cookies only, accept necessary, accept only necessary, alle ablehnen, ablehnen,
    nur notwendige, nur erforderliche, tout refuser, refuser, continuer sans accepter, rechazar todo, rechazar,
    solo necesarias, recusar tudo, rejeitar tudo, rejeitar, recusar, apenas necessários, rifiuta tutto, rifiuta,
    solo necessari, alles weigeren, alle weigeren, weigeren, alleen noodzakelijk, alleen noodzakelijke, すべて拒否,
    拒否する, 拒否, 必須のみ, 必要なもののみ, 全部拒绝, 拒绝所有, 拒绝, 全部拒絕, 拒絕, 仅必要, 僅必要",
);

/// Labels that accept cookies; anything longer is not meant.
pub(crate) const ACCEPT_COOKIES: Phrases = Phrases(
    "
    accept, accept all, accept cookies, accept all cookies, allow all, allow cookies, allow all cookies, agree, i agree,
    got it, ok, okay, close, alle akzeptieren, akzeptieren, cookies akzeptieren, alle cookies akzeptieren, zustimmen,
    verstanden, tout accepter, accepter, accepter les cookies, j accepte, aceptar todo, aceptar todas, aceptar,
    aceptar cookies, entendido, aceitar tudo, aceitar todos, aceitar, aceitar cookies, accetta tutto, accetta tutti,
    accetta, accetta i cookie, ho capito, alles accepteren, alle cookies accepteren, accepteren, cookies accepteren,
    akkoord, すべて同意, 同意する, 同意, すべて許可, すべて受け入れる, 全部接受, 接受, 接受所有, 接受所有cookie, 同意并继续, 知道了, 全部允许",
);

/// Words over a list of accounts, workspaces or regions, one of which has to be taken.
pub(crate) const CHOOSE: Phrases = Phrases(
    "
    choose, select, pick, which, wähle, wählen, wählen sie, auswählen, choisir, choisissez, sélectionner,
    sélectionnez, elige, elija, elegir, selecciona, seleccione, seleccionar, escolha, escolher, selecione, selecionar,
    scegli, scegliere, seleziona, selezionare, kies, kiezen, selecteer, selecteren, 選択, 選んで, 选择, 選擇",
);

/// Words of what makes something new, beside a list of what is there.
pub(crate) const MAKE: Phrases = Phrases(
    "
    create, new, join, invite, add, erstellen, anlegen, neu, neue, neuen, neuer, neues, beitreten, einladen, hinzufügen,
    créer, nouveau, nouvel, nouvelle, rejoindre, inviter, ajouter, crear, nuevo, nueva, unirse, invitar, añadir, criar,
    novo, nova, participar, convidar, adicionar, crea, creare, nuovo, nuova, unisciti, invita, aggiungi, maken, aanmaken,
    nieuw, nieuwe, deelnemen, uitnodigen, toevoegen,
    作成, 新規, 新しい, 参加, 招待, 追加, 创建, 創建, 新建, 新增, 建立, 加入, 邀请, 邀請, 添加",
);

/// What languages call themselves, as in the corner of many a page.
pub(crate) const LANGUAGE: Phrases = Phrases(
    "
    english, deutsch, français, español, português, italiano, nederlands, 日本語, 中文, 简体中文, 繁體中文",
);

/// What a workspace or a region is called.
pub(crate) const PLACE: Phrases = Phrases(
    "
    workspace, workspaces, organization, organisation, organizations, organisations, tenant, team, region, location,
    data center, instance, site, company, project, arbeitsbereich, arbeitsbereiche, standort, mandant, mandanten,
    firma, unternehmen, espace, espace de travail, région, équipe, entreprise, espacio, espacio de trabajo,
    organización, región, equipo, empresa, espaço, espaço de trabalho, organização, região, equipe,
    area di lavoro, organizzazione, regione, azienda, werkruimte, organisatie, regio, bedrijf,
    ワークスペース, 組織, 地域, リージョン, テナント, チーム, 工作区, 工作空间, 工作區, 组织, 組織, 地区, 地區, 区域, 區域, 租户, 团队",
);

/// What an account is called on a page that lists several.
pub(crate) const ACCOUNT: Phrases = Phrases(
    "
    account, accounts, user, konto, konten, benutzer, compte, comptes, cuenta, cuentas, conta, contas, account, accounts,
    utente, アカウント, 账号, 帐号, 账户, 帐户, 帳號, 帳戶",
);

/// Labels that leave the accounts on offer for one that is not.
pub(crate) const ANOTHER_ACCOUNT: Phrases = Phrases(
    "
    use another account, another account, use a different account, sign in with another account, add account,
    add another account, anderes konto verwenden, anderes konto, utiliser un autre compte, autre compte,
    usar otra cuenta, otra cuenta, usar outra conta, outra conta, usa un altro account, altro account,
    ander account gebruiken, een ander account gebruiken, 別のアカウントを使用, 別のアカウントを使う, 使用其他账号, 使用其他帐户, 使用其他账户, 使用其他帳戶",
);

/// Words on a page that goes on by itself.
pub(crate) const ON_ITS_WAY: Phrases = Phrases(
    "
    redirecting, redirected, please wait, one moment, loading, weitergeleitet, weiterleitung, bitte warten, einen moment,
    redirection, redirigé, veuillez patienter, un instant, redirigiendo, redirigido, espere, un momento,
    redirecionando, redirecionado, aguarde, um momento, reindirizzamento, attendere, un attimo, doorgestuurd,
    even geduld, een ogenblik, リダイレクト, お待ちください, 移動します, 跳转, 跳轉, 重定向, 请稍候, 請稍候, 正在",
);

/// Words of a page that will not let this account in for a while, whatever its password.
pub(crate) const LOCKED: Phrases = Phrases(
    "
    locked, locked out, too many attempts, too many failed, too many login attempts, temporarily blocked, suspended,
    account disabled, account is disabled, has been disabled, deactivated, gesperrt, zu viele versuche, deaktiviert,
    zu viele fehlgeschlagene, verrouillé, bloqué, trop de tentatives, désactivé, suspendu, bloqueada, bloqueado,
    demasiados intentos, desactivada, suspendida, muitas tentativas, desativada, suspensa, bloccato,
    troppi tentativi, disattivato, sospeso, vergrendeld, geblokkeerd, te veel pogingen, uitgeschakeld,
    ロックされ, 凍結, 試行回数, 停止され, 锁定, 鎖定, 尝试次数过多, 嘗試次數過多, 停用, 冻结, 封禁",
);

/// Words of a page on which somebody's policy stands in the way.
pub(crate) const POLICY: Phrases = Phrases(
    "
    administrator, admin approval, your admin, not permitted, policy, blocked by, not allowed to, access denied,
    richtlinie, nicht berechtigt, administrateur, stratégie, non autorisé, accès refusé, administrador, política,
    acceso denegado, no permitido, acesso negado, não permitido, amministratore, criterio, accesso negato,
    beheerder, beleid, geen toegang, 管理者, ポリシー, 許可されていません, 管理员, 管理員, 策略, 無權, 无权",
);

/// Words of a page that was answered before.
pub(crate) const ALREADY: Phrases = Phrases(
    "
    already approved, already authorized, already authorised, already granted, already given, already used,
    already been approved, already been authorized, already been granted, already been used, already completed,
    already been completed, bereits genehmigt, bereits erteilt, bereits autorisiert, bereits verwendet, déjà autorisé,
    déjà approuvé, déjà utilisé, déjà accordé, ya autorizado, ya aprobado, ya utilizado, ya se ha, já autorizado,
    já aprovado, já utilizado, già autorizzato, già approvato, già utilizzato, al goedgekeurd, al gebruikt,
    al toegestaan, すでに許可, 既に許可, すでに承認, 既に承認, 使用済み, 已授权, 已授權, 已批准, 已使用",
);

/// What the field for the account's name is called.
pub(crate) const USER: Phrases = Phrases(
    "
    email, e mail, mail, user, username, user name, login, login name, loginname, account, identifier, uid, uid field,
    benutzername, nutzername, anmeldename, benutzer, utilisateur, identifiant, courriel, correo, usuario, usuário,
    utente, posta, gebruikersnaam,
    メール, メールアドレス, ユーザー名, ユーザー, ログインid, アカウント, 邮箱, 电子邮件, 電子郵件, 用户名, 使用者名稱, 用户, 账号, 帐号, 帳號, 账户,
    correo electrónico, endereço de e mail, adresse e mail, adresse mail, indirizzo email, nome utente, nome de usuário,
    nom d utilisateur, nombre de usuario, e mailadres",
);

pub(crate) const ONE_TIME_CODE: Phrases = Phrases(
    "
    otp, totp, mfa, 2fa, one time, onetime, verification code, security code, authenticator, passcode,
    authentication code, login code,
    einmalcode, bestätigungscode, sicherheitscode, authentifizierungscode, code à usage unique, code de vérification,
    code de sécurité, code d authentification, código de verificación, código de seguridad, código de un solo uso,
    código de verificação, código de segurança, código de uso único, codice di verifica, codice di sicurezza, codice monouso,
    verificatiecode, beveiligingscode, eenmalige code, 認証コード, 確認コード, ワンタイムパスワード, ワンタイムコード, セキュリティコード,
    验证码, 驗證碼, 动态码, 一次性密码, 一次性密碼, 安全码",
);

/// What a box is about that nobody has to tick.
pub(crate) const BESIDE: Phrases = Phrases(
    "
    remember, rememberme, ask, organisation, organization, org, trust, newsletter, marketing, stay, keep,
    angemeldet bleiben, merken, nicht mehr fragen, vertrauen, organisation, souvenir, rester connecté, mémoriser,
    recordar, recordarme, mantener, lembrar, manter, ricorda, ricordami, resta connesso, onthouden, ingelogd blijven,
    次回から, 保持, 記憶, ログイン状態, 信頼, 记住, 記住, 保持登录, 信任",
);

pub(crate) const DENY_ATTRIBUTES: Phrases = Phrases(
    "
    deny, decline, reject, refuse, cancel, abort, disallow, dismiss",
);
pub(crate) const DENY_VALUES: Phrases = Phrases(
    "
    0, false, no, deny, denied, cancel, reject, decline",
);
pub(crate) const APPROVE_ATTRIBUTES: Phrases = Phrases(
    "
    allow, authorize, authorise, approve, accept, grant, consent, agree, permit",
);
pub(crate) const APPROVE_VALUES: Phrases = Phrases(
    "
    1, true, yes, approve, accept, allow, authorize, grant",
);
