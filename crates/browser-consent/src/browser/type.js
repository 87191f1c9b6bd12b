// Puts the text in `arguments[1]` into the field in `arguments[0]` as if it were pasted over what it holds; whether it is
// there. Whatever else asks for the focus gets nothing of it, as only this script runs meanwhile.
const field = fromHandle(arguments[0]);
field.focus();
field.select();
if (field.getRootNode().activeElement !== field) return false;
document.execCommand('insertText', false, arguments[1]);
return field.value === arguments[1];
